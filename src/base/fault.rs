//! The two failures a call can have: a *refusal* (ours, expected, 4xx) and a *fault*
//! (somebody else's error, 5xx, logged once at the edge).

use std::fmt;

use super::Problem;

/// A room's own enum of reasons to say no. Every variant knows the problem document it becomes.
pub trait Refusal: fmt::Debug + Send + Sync + 'static {
    /// What the caller is told: what happened and what to do.
    fn problem(&self) -> Problem;
}

/// Nothing can be refused: for calls that only ever fail by fault.
#[derive(Debug, Clone, Copy)]
pub enum Never {}

impl Refusal for Never {
    fn problem(&self) -> Problem {
        match *self {}
    }
}

/// A foreign error, with what was being done when it struck.
#[derive(Debug)]
pub struct Fault {
    doing: String,
    busy: bool,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Fault {
    /// A fault without a foreign error beneath it.
    #[must_use]
    pub fn new(doing: impl Into<String>) -> Self {
        Self { doing: doing.into(), busy: false, source: None }
    }

    /// The machine is busy, not broken: 503, try again.
    #[must_use]
    pub fn busy(doing: impl Into<String>) -> Self {
        Self { busy: true, ..Self::new(doing) }
    }

    /// True when trying again shortly is the right answer.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    /// The foreign error beneath, when it is one of this kind.
    #[must_use]
    pub fn cause<E: std::error::Error + 'static>(&self) -> Option<&E> {
        self.source.as_deref().and_then(|source| source.downcast_ref())
    }

    /// The foreign error beneath, taken out.
    ///
    /// # Errors
    /// The fault itself when it is of another kind.
    pub fn into_cause<E: std::error::Error + 'static>(mut self) -> Result<E, Self> {
        match self.source.map(<dyn std::error::Error + Send + Sync>::downcast) {
            Some(Ok(cause)) => Ok(*cause),
            Some(Err(source)) => {
                self.source = Some(source);
                Err(self)
            }
            None => Err(Self { source: None, ..self }),
        }
    }

    /// Adds what was being done, outermost first.
    #[must_use]
    pub fn doing(mut self, what: &str) -> Self {
        self.doing =
            if self.doing.is_empty() { what.to_owned() } else { format!("{what}: {}", self.doing) };
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.source, self.doing.is_empty()) {
            (Some(source), true) => write!(f, "{source}"),
            (Some(source), false) => write!(f, "{}: {source}", self.doing),
            (None, _) => f.write_str(&self.doing),
        }
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Fault {
    fn from(source: E) -> Self {
        Self { doing: String::new(), busy: false, source: Some(Box::new(source)) }
    }
}

/// How a call that may be refused fails.
#[derive(Debug)]
pub enum Failure<R> {
    /// The room said no, and says why.
    Refused(R),
    /// Something foreign broke.
    Fault(Fault),
}

impl<R, E: std::error::Error + Send + Sync + 'static> From<E> for Failure<R> {
    fn from(source: E) -> Self {
        Self::Fault(source.into())
    }
}

impl<R> From<Fault> for Failure<R> {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl<R> Failure<R> {
    /// Carries a refusal of a lower room into the enum of a higher one.
    pub fn lift<S: From<R>>(self) -> Failure<S> {
        match self {
            Self::Refused(r) => Failure::Refused(r.into()),
            Self::Fault(f) => Failure::Fault(f),
        }
    }
}

impl From<Failure<Never>> for Fault {
    fn from(failure: Failure<Never>) -> Self {
        match failure {
            Failure::Fault(fault) => fault,
            Failure::Refused(never) => match never {},
        }
    }
}

impl<R: Refusal> fmt::Display for Failure<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(r) => f.write_str(&r.problem().detail),
            Self::Fault(fault) => write!(f, "{fault}"),
        }
    }
}

/// `Err(Refused(reason))`, so that refusing reads like the sentence it is.
///
/// # Errors
/// Always.
pub fn refuse<T, R>(reason: R) -> Result<T, Failure<R>> {
    Err(Failure::Refused(reason))
}

/// Adds context to a result on its way up.
pub trait Doing<T> {
    /// What was being done, for the log.
    ///
    /// # Errors
    /// The same failure, with its context.
    fn doing(self, what: &str) -> Result<T, Fault>;
}

impl<T, E: Into<Fault>> Doing<T> for Result<T, E> {
    fn doing(self, what: &str) -> Result<T, Fault> {
        self.map_err(|e| e.into().doing(what))
    }
}
