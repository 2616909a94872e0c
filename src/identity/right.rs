//! What staff may do: one list behind every desk route and every menu. Pure.

use serde::Serialize;

/// Something a person may or may not do at the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Change one's own password, second factor and sessions.
    OwnAccount,
    /// See the front page, as far as the other rights go.
    SeeHome,
    /// See orders, whole.
    SeeOrders,
    /// Pack, ship, cancel, note.
    ChangeOrders,
    /// Send money back.
    RefundOrders,
    /// See who buys, and what waits in carts.
    SeeCustomers,
    /// See the catalog's files and what is wrong with them.
    SeeCatalog,
    /// Change the catalog's files.
    ChangeCatalog,
    /// See what is there.
    SeeStock,
    /// Receive, count, correct.
    ChangeStock,
    /// See what was sold.
    SeeReports,
    /// See letters and hooks.
    SeeMessages,
    /// Send and resend them.
    SendMessages,
    /// See whether the machinery is well.
    SeeHealth,
    /// Replay, rerun, resolve.
    Operate,
    /// Invite people and change their roles; read the log of changes.
    ManageStaff,
}

use Right as R;

impl Right {
    /// Every right.
    pub const ALL: [Self; 16] = [
        R::OwnAccount,
        R::SeeHome,
        R::SeeOrders,
        R::ChangeOrders,
        R::RefundOrders,
        R::SeeCustomers,
        R::SeeCatalog,
        R::ChangeCatalog,
        R::SeeStock,
        R::ChangeStock,
        R::SeeReports,
        R::SeeMessages,
        R::SendMessages,
        R::SeeHealth,
        R::Operate,
        R::ManageStaff,
    ];
}

/// What a person is to the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Owner,
    /// The day's work: orders, stock, customers, letters, figures.
    Orders,
    /// The catalog, and neither orders nor customers.
    Catalog,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Orders, Self::Catalog];

    /// Whether a person of this role has the right. S2.72–S2.76
    #[must_use]
    pub fn may(self, right: Right) -> bool {
        match self {
            Self::Owner => true,
            Self::Orders => !matches!(right, R::ChangeCatalog | R::Operate | R::ManageStaff),
            Self::Catalog => matches!(
                right,
                R::OwnAccount | R::SeeHome | R::SeeCatalog | R::ChangeCatalog | R::SeeStock
            ),
        }
    }

    /// The word stored and typed.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Orders => "orders",
            Self::Catalog => "catalog",
        }
    }

    /// The role a word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// What it is for, in a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Owner => "May do everything, people and settings included.",
            Self::Orders => "Runs the day: orders, refunds, stock, customers and letters.",
            Self::Catalog => "Edits products and pages; sees neither orders nor customers.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S2.72 S2.73 S2.75: the owner may everything; who edits the catalog sees no orders.
    #[test]
    fn each_role_may_what_its_name_says() {
        assert!(R::ALL.iter().all(|right| Role::Owner.may(*right)));
        let hidden = [R::SeeOrders, R::SeeCustomers, R::SeeReports, R::SeeMessages, R::SeeHealth];
        assert!(hidden.iter().all(|right| !Role::Catalog.may(*right)));
        assert!(Role::Catalog.may(R::ChangeCatalog) && !Role::Orders.may(R::ChangeCatalog));
        assert!(Role::ALL.iter().all(|role| Role::parse(role.word()) == Some(*role)));
        assert!(Role::ALL.iter().all(|role| role.may(R::OwnAccount)));
    }
}
