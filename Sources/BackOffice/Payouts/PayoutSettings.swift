/// How payouts are made, from the environment.
public struct PayoutSettings: Hashable, Sendable {
    public static let refundWorkersVariable = "REFUND_PROCESSING_WORKERS"
    public static let splitWorkersVariable = "INVOICE_SPLIT_PROCESSING_WORKERS"
    public static let linesVariable = "TASK_ORDER_LOG_SUBITEM_CONCURRENCY"
    public static let concurrencyVariable = "ENABLE_ORDER_API_CONCURRENCY"

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
    public init(environment: (String) -> String?) throws(RoundingFault) {
        rounding = try RoundingTable(setting: environment(RoundingTable.variable))
        refundWorkers = workers(Self.refundWorkersVariable, environment, standard: 5)
        splitWorkers = workers(Self.splitWorkersVariable, environment, standard: 5)
        linesAtOnce = workers(Self.linesVariable, environment, standard: 10)
        switch environment(Self.concurrencyVariable)?.lowercased() {
        case nil, "", "1", "t", "true", "yes", "on": break
        case "0", "f", "false", "no", "off": linesAtOnce = 1
        case let said?:
            warnings.append("\(Self.concurrencyVariable)=\(said) is neither true nor false; true is used")
        }
    }

    public func workers(for type: PayoutRunType) -> Int {
        switch type {
        case .payroll: Self.payrollWorkers
        case .refund: refundWorkers
        case .split: splitWorkers
        }
    }

    /// 1 to 20. What is no number, zero or negative is the standard; more than 20 is 20.
    private mutating func workers(_ variable: String, _ environment: (String) -> String?, standard: Int) -> Int {
        guard let said = environment(variable), !said.isEmpty else { return standard }
        let number = Int(said) ?? 0
        let workers = number < 1 ? standard : min(number, 20)
        if workers != number { warnings.append("\(variable)=\(said) is not a number from 1 to 20; \(workers) is used") }
        return workers
    }
}
