public import Linux

/// How payouts are made, from the environment.
public struct PayoutSettings: Hashable, Sendable {
    public static let refunds = NumberVariable(
        "REFUND_PROCESSING_WORKERS", 5, 1...20, otherwise: .heldAbove, "Refunds at once")
    public static let splits = NumberVariable(
        "INVOICE_SPLIT_PROCESSING_WORKERS", 5, 1...20, otherwise: .heldAbove, "Invoice splits at once")
    public static let lines = NumberVariable(
        "TASK_ORDER_LOG_SUBITEM_CONCURRENCY", 10, 1...20, otherwise: .heldAbove,
        "Lines of a paid order completed at once")
    public static let concurrency = TruthVariable(
        "ENABLE_ORDER_API_CONCURRENCY", true, "false: they are completed one by one.")

    /// All that is read.
    public static let variables = [
        refunds.reference, splits.reference, lines.reference, concurrency.reference,
        VariableReference(
            RoundingTable.variable, "Units to which prorated amounts are rounded up, as VND=1000,*=0.01."),
    ]

    public var rounding = RoundingTable()
    /// Orders side by side; no setting.
    public static let payrollWorkers = 5
    public var refundWorkers = 5
    public var splitWorkers = 5
    /// Lines of one order that are completed side by side, where the books do them one by one.
    public var linesAtOnce = 10
    /// What was held within its bounds, in words for the log.
    public var warnings: [String] = []

    public init() {}

    /// - Throws: ``RoundingFault``; a wrong number of workers is held within its bounds instead.
    public init(environment: @escaping (String) -> String?) throws(RoundingFault) {
        rounding = try RoundingTable(setting: environment(RoundingTable.variable))
        var reader = VariableReader(environment)
        refundWorkers = reader.number(Self.refunds)
        splitWorkers = reader.number(Self.splits)
        linesAtOnce = reader.number(Self.lines)
        if !reader.truth(Self.concurrency) { linesAtOnce = 1 }
        warnings = reader.warnings
    }

    public func workers(for type: PayoutRunType) -> Int {
        switch type {
        case .payroll: Self.payrollWorkers
        case .refund: refundWorkers
        case .split: splitWorkers
        }
    }
}
