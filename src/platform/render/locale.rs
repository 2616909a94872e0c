//! How amounts, shares, counts and days are written in each language and country. Pure.
//!
//! The table holds what browsers know of the usual locales, so that a page and the script on it
//! write the same amount the same way.

use crate::base::{Currency, Money};

const NBSP: char = '\u{a0}';
const NARROW: char = '\u{202f}';

/// Where the currency stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// `-£1.00`; a sign of letters is set apart: `-CHF 1.00`.
    Front,
    /// `-€ 1.00`.
    FrontApart,
    /// `€ -1.00`.
    FrontOfMinus,
    /// `CHF 1.00`, `CHF-1.00`.
    FrontOrMinus,
    /// `-1.00 €`.
    Behind,
}

/// What a language calls months and days, one after the other.
pub(super) struct Names {
    /// From January, as they stand beside a day.
    pub(super) months: &'static str,
    /// Short, from Monday.
    pub(super) days: &'static str,
}

/// How one language in one country writes.
pub struct Locale {
    /// Language and country, such as `en-GB`.
    pub tag: &'static str,
    decimal: char,
    group: char,
    /// Digits from which thousands are set apart.
    grouped_from: usize,
    minus: char,
    place: Place,
    percent: &'static str,
    /// Currencies that are written otherwise than by their common sign.
    symbols: &'static [(&'static str, &'static str)],
    pub(super) names: &'static Names,
    /// A day: W weekday, D day, M month, Y year; anything else stands for itself.
    pub(super) day: &'static str,
    /// A moment: as a day, and H hour, N minutes, I hour of twelve, P which half of the day.
    pub(super) moment: &'static str,
}

const ENGLISH: Names = Names {
    months: "January February March April May June July August September October \
             November December",
    days: "Mon Tue Wed Thu Fri Sat Sun",
};
const GERMAN: Names = Names {
    months: "Januar Februar März April Mai Juni Juli August September Oktober \
             November Dezember",
    days: "Mo. Di. Mi. Do. Fr. Sa. So.",
};
const FRENCH: Names = Names {
    months: "janvier février mars avril mai juin juillet août septembre octobre \
             novembre décembre",
    days: "lun. mar. mer. jeu. ven. sam. dim.",
};
const DUTCH: Names = Names {
    months: "januari februari maart april mei juni juli augustus september oktober \
             november december",
    days: "ma di wo do vr za zo",
};
const SPANISH: Names = Names {
    months: "enero febrero marzo abril mayo junio julio agosto septiembre octubre \
             noviembre diciembre",
    days: "lun mar mié jue vie sáb dom",
};
const ITALIAN: Names = Names {
    months: "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre \
             ottobre novembre dicembre",
    days: "lun mar mer gio ven sab dom",
};
const POLISH: Names = Names {
    months: "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września \
             października listopada grudnia",
    days: "pon. wt. śr. czw. pt. sob. niedz.",
};
const SWEDISH: Names = Names {
    months: "januari februari mars april maj juni juli augusti september oktober \
             november december",
    days: "mån tis ons tors fre lör sön",
};
const DANISH: Names = Names {
    months: "januar februar marts april maj juni juli august september oktober \
             november december",
    days: "man. tirs. ons. tors. fre. lør. søn.",
};
const PORTUGUESE: Names = Names {
    months: "janeiro fevereiro março abril maio junho julho agosto setembro \
             outubro novembro dezembro",
    days: "segunda terça quarta quinta sexta sábado domingo",
};

const BRITISH: Locale = Locale {
    tag: "en-GB",
    decimal: '.',
    group: ',',
    grouped_from: 4,
    minus: '-',
    place: Place::Front,
    percent: "%",
    symbols: &[],
    names: &ENGLISH,
    day: "W D M Y",
    moment: "D M Y, H:N",
};
const OF_GERMANY: Locale = Locale {
    tag: "de-DE",
    decimal: ',',
    group: '.',
    place: Place::Behind,
    percent: "\u{a0}%",
    names: &GERMAN,
    day: "W, D. M Y",
    moment: "D. M Y, H:N Uhr",
    ..BRITISH
};
const OF_SPAIN: Locale = Locale {
    tag: "es-ES",
    grouped_from: 5,
    names: &SPANISH,
    day: "W, D de M de Y",
    moment: "D de M de Y, H:N",
    ..OF_GERMANY
};
const KRONER: &[(&str, &str)] = &[("DKK", "kr."), ("SEK", "kr."), ("NOK", "kr."), ("ISK", "kr.")];

/// The first one of a language stands for all countries that are not named.
static LOCALES: &[Locale] = &[
    BRITISH,
    Locale { tag: "en-US", day: "W, M D, Y", moment: "M D, Y, I:N P", ..BRITISH },
    Locale { tag: "en-IE", ..BRITISH },
    OF_GERMANY,
    Locale { tag: "de-AT", place: Place::FrontApart, ..OF_GERMANY },
    Locale {
        tag: "de-CH",
        decimal: '.',
        group: '’',
        place: Place::FrontOrMinus,
        percent: "%",
        symbols: &[("EUR", "EUR")],
        ..OF_GERMANY
    },
    Locale {
        tag: "fr-FR",
        group: NARROW,
        names: &FRENCH,
        day: "W D M Y",
        moment: "D M Y à H:N",
        ..OF_GERMANY
    },
    Locale {
        tag: "nl-NL",
        place: Place::FrontOfMinus,
        percent: "%",
        names: &DUTCH,
        day: "W D M Y",
        moment: "D M Y om H:N",
        ..OF_GERMANY
    },
    OF_SPAIN,
    Locale {
        tag: "it-IT",
        percent: "%",
        names: &ITALIAN,
        day: "W D M Y",
        moment: "D M Y, H:N",
        ..OF_SPAIN
    },
    Locale {
        tag: "pl-PL",
        group: NBSP,
        percent: "%",
        names: &POLISH,
        day: "W, D M Y",
        moment: "D M Y, H:N",
        ..OF_SPAIN
    },
    Locale {
        tag: "sv-SE",
        group: NBSP,
        minus: '−',
        names: &SWEDISH,
        day: "W D M Y",
        moment: "D M Y kl. H:N",
        ..OF_GERMANY
    },
    Locale {
        tag: "da-DK",
        symbols: KRONER,
        names: &DANISH,
        day: "W D. M Y",
        moment: "D. M Y kl. H.N",
        ..OF_GERMANY
    },
    Locale { tag: "pt-PT", group: NBSP, percent: "%", names: &PORTUGUESE, ..OF_SPAIN },
];

impl Locale {
    /// The way of this language and country; of the language elsewhere when the country is not
    /// known; British when neither is.
    #[must_use]
    pub fn of(tag: &str) -> &'static Self {
        let exact = LOCALES.iter().find(|locale| locale.tag.eq_ignore_ascii_case(tag));
        let near = || LOCALES.iter().find(|locale| language_of(locale.tag) == language_of(tag));
        exact.or_else(near).unwrap_or(&BRITISH)
    }

    /// `£1,299.00`, `1.299,00 €`, `CHF 1’299.00`.
    #[must_use]
    pub fn money(&self, money: Money) -> String {
        let code = money.currency.code();
        let own = self.symbols.iter().find(|(known, _)| *known == code);
        let symbol = own.map_or_else(|| money.currency.symbol(), |(_, symbol)| *symbol);
        let below_zero = money.minor < 0;
        // The longest amount there is fits: no second allocation.
        let mut out = String::with_capacity(48);
        let minus = |out: &mut String| out.extend(below_zero.then_some(self.minus));
        if matches!(self.place, Place::Front | Place::FrontApart | Place::Behind) {
            minus(&mut out);
        }
        if self.place != Place::Behind {
            out.push_str(symbol);
            let set_apart = match self.place {
                Place::Front => symbol.ends_with(char::is_alphabetic),
                Place::FrontOrMinus => !below_zero,
                _ => true,
            };
            out.extend(set_apart.then_some(NBSP));
        }
        if matches!(self.place, Place::FrontOfMinus | Place::FrontOrMinus) {
            minus(&mut out);
        }
        let decimals = money.currency.exponent();
        self.push_digits(&mut out, money.minor.unsigned_abs(), decimals, decimals);
        if self.place == Place::Behind {
            out.push(NBSP);
            out.push_str(symbol);
        }
        out
    }

    /// A plain number such as `1.5`, with the decimal sign of the country.
    #[must_use]
    pub fn decimals(&self, number: &str) -> String {
        number.replace('.', self.decimal.encode_utf8(&mut [0; 4]))
    }

    /// An amount as people type it (`€ 1.299,50`, `12,5`, `12.50`) as a plain number, `1299.50`.
    /// A sign or code of the currency, spaces and thousands set apart are let through; a point or
    /// comma that is not followed by three digits is a decimal sign, whatever the country. What
    /// cannot be an amount comes back in a form that is none.
    #[must_use]
    pub fn typed_amount(&self, text: &str, currency: Currency) -> String {
        let own = self.symbols.iter().find(|(code, _)| *code == currency.code());
        let bare = [currency.code(), own.map_or("", |(_, sign)| sign), currency.symbol()];
        let mut text = text.trim();
        for sign in bare.into_iter().filter(|sign| !sign.is_empty()) {
            text = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)).unwrap_or(text);
        }
        let is_space = |c: char| c.is_whitespace() || matches!(c, '\'' | '’');
        let text: String = text.chars().filter(|c| !is_space(*c)).collect();
        let other = if self.decimal == ',' { '.' } else { ',' };
        let (whole, decimals) = match text.rsplit_once(self.decimal) {
            Some((whole, decimals)) => (whole, Some(decimals)),
            // `12.50` in a country of commas, but `1.299` is more than a thousand there.
            None => match text.rsplit_once(other) {
                Some((whole, decimals)) if decimals.len() != 3 => (whole, Some(decimals)),
                _ => (text.as_str(), None),
            },
        };
        let mut groups = whole.split(other);
        let first = groups.next().unwrap_or_default().to_owned();
        let in_threes = groups.clone().all(|group| group.len() == 3) && first.len() <= 3;
        let is_grouped = groups.clone().next().is_some();
        if is_grouped && !in_threes {
            return text;
        }
        let whole = groups.fold(first, |whole, group| whole + group);
        decimals.map_or(whole.clone(), |decimals| format!("{whole}.{decimals}"))
    }

    /// `12.5%`, `12,5 %`: basis points as people write them.
    #[must_use]
    pub fn percent(&self, basis_points: i64) -> String {
        let mut out = String::with_capacity(16);
        out.extend((basis_points < 0).then_some(self.minus));
        self.push_digits(&mut out, basis_points.unsigned_abs(), 2, 0);
        out.push_str(self.percent);
        out
    }

    /// `1,299`, `1.299`.
    #[must_use]
    pub fn count(&self, count: i64) -> String {
        let mut out = String::with_capacity(32);
        out.extend((count < 0).then_some(self.minus));
        self.push_digits(&mut out, count.unsigned_abs(), 0, 0);
        out
    }

    /// Writes `value / 10^decimals`, with at least `decimals_min` of the decimals.
    fn push_digits(&self, out: &mut String, value: u64, decimals: u32, decimals_min: u32) {
        let scale = 10_u64.pow(decimals);
        let (whole, mut rest) = (value / scale, value % scale);
        let digits = whole.checked_ilog10().unwrap_or(0) as usize + 1;
        let mut unit = 10_u64.pow(whole.checked_ilog10().unwrap_or(0));
        for place in (0..digits).rev() {
            out.push(digit(whole / unit));
            unit = (unit / 10).max(1);
            if place > 0 && place.is_multiple_of(3) && digits >= self.grouped_from {
                out.push(self.group);
            }
        }
        let mut unit = scale / 10;
        for place in 0..decimals {
            if place >= decimals_min && rest == 0 {
                break;
            }
            if place == 0 {
                out.push(self.decimal);
            }
            out.push(digit(rest / unit));
            rest %= unit;
            unit = (unit / 10).max(1);
        }
    }
}

/// `de` of `de-AT`.
pub(super) fn language_of(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}

/// The last digit of a number.
fn digit(number: u64) -> char {
    u32::try_from(number % 10).ok().and_then(|n| char::from_digit(n, 10)).unwrap_or('0')
}
