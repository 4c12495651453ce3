import JSONCodec

/// What a run of payouts answers.
public struct PayoutResult: Hashable, Sendable {
    public var type: PayoutRunType
    public var dryRun: Bool
    /// By person, then by day.
    public var details: [PayoutDetail]

    public init(_ type: PayoutRunType, dryRun: Bool = false, details: [PayoutDetail]) {
        self.type = type
        self.dryRun = dryRun
        self.details = details
    }

    public var created: Int { count(.created) }
    public var skipped: Int { count(.skipped) }
    public var errors: Int { count(.error) }
    /// Of a dry run: those that would be created.
    public var planned: Int { count(.planned) }
    /// All candidates: what was created, skipped and gone wrong.
    public var processed: Int { details.count }

    private func count(_ status: PayoutStatus) -> Int { details.count { $0.outcome.status == status } }
}

extension PayoutResult: JSONCodable {
    /// The counts follow from the details.
    public init(from json: inout JSONReader) throws(JSONError) {
        var type: PayoutRunType?, dryRun = false, details: [PayoutDetail]?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "type":
                let word = try json.string()
                type = PayoutRunType.allCases.first { $0.payoutType.rawValue == word }
            case "dry_run": dryRun = try json.bool()
            case "details": details = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            try json.require(type, "type"), dryRun: dryRun, details: try json.require(details, "details"))
    }

    public func encode(to json: inout JSONWriter) {
        let noun =
            switch type {
            case .payroll: "orders"
            case .refund: "refunds"
            case .split: "splits"
            }
        json.object {
            $0.member("payouts_created", created)
            $0.member("\(noun)_processed", processed)
            $0.member("\(noun)_skipped", skipped)
            $0.member("errors", errors)
            $0.member("details", details)
            $0.member("type", type.payoutType.rawValue)
            guard dryRun else { return }
            $0.member("dry_run", true)
            $0.member("payouts_planned", planned)
        }
    }
}
