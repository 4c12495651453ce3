import Decimals
import JSONCodec

/// The fields of a detail, by the names and in the order that readers of the answer know.
extension PayoutDetail: JSONCodable {
    /// The first member tells which of the three it is.
    public init(from json: inout JSONReader) throws(JSONError) {
        var fields = DetailFields()
        try json.object { key, json throws(JSONError) in try fields.read(key, &json) }
        if let id = fields.texts["order_page_id"] {
            self = .payroll(fields.payroll(OrderID(id)))
        } else if let id = fields.texts["refund_page_id"] {
            self = .refund(fields.refund(RefundID(id)))
        } else {
            self = .split(fields.split(SplitID(try json.require(fields.texts["split_page_id"], "order_page_id"))))
        }
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            switch self {
            case .payroll(let detail): detail.encodeMembers(to: &$0)
            case .refund(let detail): detail.encodeMembers(to: &$0)
            case .split(let detail): detail.encodeMembers(to: &$0)
            }
        }
    }
}

/// The members of a detail of any type as they are read.
private struct DetailFields {
    var texts: [String: String] = [:]
    var month: Month?
    var hours: Hours?
    var amount: ExactDecimal?
    var currency: Currency?
    var due: Int?
    var status = PayoutStatus.error

    mutating func read(_ key: String, _ json: inout JSONReader) throws(JSONError) {
        switch key {
        case "month":
            let text = try json.string()
            month = Month(text)
        case "hours": hours = try json.decimal()
        case "amount": amount = try json.value()
        case "currency": currency = try json.value()
        case "invoice_due_day": due = try json.int()
        case "status":
            guard let status = PayoutStatus(rawValue: try json.string()) else {
                throw json.invalid("is none of created, skipped, error and planned")
            }
            self.status = status
        default: if let text: String = try json.value() as String? { texts[key] = text }
        }
    }

    private func text(_ name: String) -> String { texts[name] ?? "" }

    private func person(_ name: String) -> ContractorID? { text(name).isEmpty ? nil : ContractorID(text(name)) }

    private var money: Money? {
        guard let amount, let currency else { return nil }
        return Money(amount, currency)
    }

    private func outcome(reason: String) -> PayoutOutcome {
        PayoutOutcome(status: status, reason: texts[reason], payout: texts["payout_page_id"].map { PayoutID($0) })
    }

    func payroll(_ id: OrderID) -> PayrollDetail {
        var detail = PayrollDetail(
            PayableOrder(
                id: id, contractor: person("contractor_id"), contractorName: text("contractor_name"),
                date: month?.lastDay, hours: hours ?? 0))
        detail.outcome = outcome(reason: "reason")
        detail.money = money
        detail.billingType = texts["billing_type"].map { BillingType($0) }
        detail.note = texts["note"]
        detail.calculation = texts["calculation"]
        detail.invoiceDueDay = due
        return detail
    }

    func refund(_ id: RefundID) -> RefundDetail {
        var detail = RefundDetail(refund: id)
        detail.refundID = text("refund_id")
        detail.contractor = person("contractor_id")
        detail.contractorName = text("contractor_name")
        detail.money = money
        detail.reason = text("reason")
        detail.outcome = outcome(reason: "error_reason")
        return detail
    }

    func split(_ id: SplitID) -> SplitDetail {
        var detail = SplitDetail(split: id)
        detail.name = text("split_name")
        detail.type = text("split_type")
        detail.person = person("person_id")
        detail.money = money
        detail.role = text("role")
        detail.outcome = outcome(reason: "error_reason")
        return detail
    }
}

extension PayrollDetail {
    fileprivate func encodeMembers(to json: inout JSONWriter) {
        json.member("order_page_id", order)
        json.member("contractor_name", contractorName)
        json.member("contractor_id", contractor?.text ?? "")
        json.member("month", month?.description ?? "")
        json.member("hours", hours)
        json.member("payout_page_id", outcome.payout)
        json.member("status", outcome.status.rawValue)
        json.member("reason", outcome.reason)
        json.member("amount", ifPresent: money?.amount)
        json.member("currency", ifPresent: money?.currency)
        json.member("billing_type", ifPresent: billingType?.text)
        json.member("note", ifPresent: note)
        json.member("calculation", ifPresent: calculation)
        json.member("invoice_due_day", ifPresent: invoiceDueDay)
    }
}

extension RefundDetail {
    fileprivate func encodeMembers(to json: inout JSONWriter) {
        json.member("refund_page_id", refund)
        json.member("refund_id", refundID)
        json.member("contractor_id", contractor?.text ?? "")
        json.member("contractor_name", contractorName)
        json.member("amount", money?.amount)
        json.member("currency", money?.currency)
        json.member("reason", reason)
        json.member("payout_page_id", outcome.payout)
        json.member("status", outcome.status.rawValue)
        json.member("error_reason", outcome.reason)
    }
}

extension SplitDetail {
    fileprivate func encodeMembers(to json: inout JSONWriter) {
        json.member("split_page_id", split)
        json.member("split_name", name)
        json.member("split_type", type)
        json.member("person_id", person?.text ?? "")
        json.member("amount", money?.amount)
        json.member("currency", money?.currency)
        json.member("role", role)
        json.member("payout_page_id", outcome.payout)
        json.member("status", outcome.status.rawValue)
        json.member("error_reason", outcome.reason)
    }
}
