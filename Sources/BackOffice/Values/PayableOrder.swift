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
    /// Why it cannot be paid as it stands; nil when nothing is known to be wrong with it.
    public var fault: String?
    /// Ids and names of those whose it may be, where that is its ``fault``. For ``isOf(_:)``; not kept with the job.
    public var claimants: Set<String> = []
    /// What the order said when it was read, in the books' own words: see ``PayoutDraft/revision``.
    public var revision: String?

    public init(
        id: OrderID, contractor: ContractorID?, contractorName: String = "", discord: String = "", date: Day?,
        hours: Hours, fault: String? = nil, revision: String? = nil
    ) {
        self.id = id
        self.contractor = contractor
        self.contractorName = contractorName
        self.discord = discord
        self.date = date
        self.hours = hours
        self.fault = fault
        self.revision = revision
    }

    public var month: Month? { date.map { Month(of: $0) } }

    /// Whether it is the order of the contractor with exactly this name, id or name on the chat server, or may be.
    public func isOf(_ wanted: String) -> Bool {
        [discord, contractor?.text, contractorName].contains(wanted) || claimants.contains(wanted)
    }
}
