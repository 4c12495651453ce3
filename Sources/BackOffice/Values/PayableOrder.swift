import Decimals

/// An order as the payroll sees it.
public struct PayableOrder: Hashable, Sendable {
    public var id: OrderID
    /// Nil when the books do not know whose it is.
    public var contractor: ContractorID?
    /// Empty when the books have none.
    public var contractorName: String
    /// The contractor's name on the chat server, from the order's title; empty when there is none.
    public var discord: String
    /// By which rates are judged, and in whose month the work was done; nil when the books have none.
    public var date: Day?
    /// The exact sum of its lines.
    public var hours: Hours
    /// What the order said when it was read, in the books' own words: see ``PayoutDraft/revision``.
    public var revision: String?

    public init(
        id: OrderID, contractor: ContractorID?, contractorName: String = "", discord: String = "", date: Day?,
        hours: Hours, revision: String? = nil
    ) {
        self.id = id
        self.contractor = contractor
        self.contractorName = contractorName
        self.discord = discord
        self.date = date
        self.hours = hours
        self.revision = revision
    }

    public var month: Month? { date.map { Month(of: $0) } }
}
