//! Which status may follow which: the only two tables of an order's life.

use serde::Serialize;

/// Whether and how an order was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Placed; the buyer is at the payment page.
    Pending,
    /// The buyer has done their part; the money is on its way.
    Processing,
    /// The money is there.
    Paid,
    /// The payment failed for good.
    Failed,
    /// Nobody paid in time.
    Expired,
    /// Given up by buyer or merchant before payment.
    Cancelled,
    /// Some of the money went back.
    PartRefunded,
    /// All of the money went back.
    Refunded,
}

/// Where the goods are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FulfilmentStatus {
    /// Still here.
    Unfulfilled,
    /// Some are on their way.
    PartShipped,
    /// On their way.
    Shipped,
    /// Arrived.
    Delivered,
    /// Came back.
    Returned,
}

use FulfilmentStatus as F;
use PaymentStatus as P;

impl PaymentStatus {
    /// Every status.
    pub const ALL: [Self; 8] = [
        P::Pending,
        P::Processing,
        P::Paid,
        P::Failed,
        P::Expired,
        P::Cancelled,
        P::PartRefunded,
        P::Refunded,
    ];

    /// What may follow. A closed order becomes `pending` by a new attempt to pay, and `paid` when
    /// its money arrives late and its goods are still to be had.
    #[must_use]
    pub fn next(self) -> &'static [Self] {
        match self {
            P::Pending => &[P::Processing, P::Paid, P::Failed, P::Expired, P::Cancelled],
            P::Processing => &[P::Paid, P::Failed, P::Expired],
            P::Failed | P::Expired => &[P::Pending, P::Paid],
            P::Cancelled => &[P::Paid],
            // A refund that failed after all leads back: the money is here again.
            P::Paid => &[P::PartRefunded, P::Refunded],
            P::PartRefunded => &[P::Refunded, P::Paid],
            P::Refunded => &[P::PartRefunded, P::Paid],
        }
    }

    /// Whether `to` may follow.
    #[must_use]
    pub fn may_become(self, to: Self) -> bool {
        self.next().contains(&to)
    }

    /// Whether the order still waits for money.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, P::Pending | P::Processing)
    }

    /// Whether money was received (and perhaps given back).
    #[must_use]
    pub fn has_paid(self) -> bool {
        matches!(self, P::Paid | P::PartRefunded | P::Refunded)
    }

    /// The word stored and shown in addresses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            P::Pending => "pending",
            P::Processing => "processing",
            P::Paid => "paid",
            P::Failed => "failed",
            P::Expired => "expired",
            P::Cancelled => "cancelled",
            P::PartRefunded => "part_refunded",
            P::Refunded => "refunded",
        }
    }

    /// The status a stored word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

impl FulfilmentStatus {
    /// Every status.
    pub const ALL: [Self; 5] =
        [F::Unfulfilled, F::PartShipped, F::Shipped, F::Delivered, F::Returned];

    /// What may follow.
    #[must_use]
    pub fn next(self) -> &'static [Self] {
        match self {
            F::Unfulfilled => &[F::PartShipped, F::Shipped],
            F::PartShipped => &[F::Shipped],
            F::Shipped => &[F::Delivered, F::Returned],
            F::Delivered => &[F::Returned],
            F::Returned => &[],
        }
    }

    /// Whether `to` may follow.
    #[must_use]
    pub fn may_become(self, to: Self) -> bool {
        self.next().contains(&to)
    }

    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            F::Unfulfilled => "unfulfilled",
            F::PartShipped => "part_shipped",
            F::Shipped => "shipped",
            F::Delivered => "delivered",
            F::Returned => "returned",
        }
    }

    /// The status a stored word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S3.42: the workflow is a table; S3.39: only a pending order is cancelled freely.
    #[test]
    fn only_the_table_moves_an_order() {
        for from in P::ALL {
            assert_eq!(from.may_become(P::Cancelled), from == P::Pending, "{from:?}");
            assert!(!from.may_become(from), "{from:?}");
            // S1.20: money received is never forgotten.
            if from.has_paid() {
                assert!(from.next().iter().all(|to| to.has_paid()), "{from:?}");
            }
        }
        assert!(!F::Unfulfilled.may_become(F::Delivered));
    }

    #[test]
    fn words_are_read_back() {
        assert!(P::ALL.iter().all(|s| P::parse(s.word()) == Some(*s)));
        assert!(F::ALL.iter().all(|s| F::parse(s.word()) == Some(*s)));
    }

    // S3.42, S1.20: each move there is, one by one.
    #[test]
    fn an_order_moves_like_this_and_not_otherwise() {
        let payment = [
            (P::Pending, &[P::Processing, P::Paid, P::Failed, P::Expired, P::Cancelled][..]),
            (P::Processing, &[P::Paid, P::Failed, P::Expired]),
            (P::Failed, &[P::Pending, P::Paid]),
            (P::Expired, &[P::Pending, P::Paid]),
            (P::Cancelled, &[P::Paid]),
            (P::Paid, &[P::PartRefunded, P::Refunded]),
            (P::PartRefunded, &[P::Refunded, P::Paid]),
            (P::Refunded, &[P::PartRefunded, P::Paid]),
        ];
        for (from, next) in payment {
            let may: Vec<P> = P::ALL.into_iter().filter(|to| from.may_become(*to)).collect();
            assert!(may.len() == next.len() && next.iter().all(|to| may.contains(to)), "{from:?}");
            assert_eq!(from.is_open(), matches!(from, P::Pending | P::Processing));
            let has_paid = matches!(from, P::Paid | P::PartRefunded | P::Refunded);
            assert_eq!(from.has_paid(), has_paid, "{from:?}");
        }
        let goods = [
            (F::Unfulfilled, &[F::PartShipped, F::Shipped][..]),
            (F::PartShipped, &[F::Shipped]),
            (F::Shipped, &[F::Delivered, F::Returned]),
            (F::Delivered, &[F::Returned]),
            (F::Returned, &[]),
        ];
        for (from, next) in goods {
            let may: Vec<F> = F::ALL.into_iter().filter(|to| from.may_become(*to)).collect();
            assert_eq!(may, next, "{from:?}");
        }
    }
}
