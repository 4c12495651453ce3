/// Records of what is paid, as a file gives them.
extension ImportRecord {
    static func refund(_ reader: inout RecordReader) -> ImportRecord? {
        let id = reader.id("id", RefundRequest.self), money = reader.money()
        let contractor = reader.optionalID("contractor", Contractor.self), date = reader.optionalDay("date_requested")
        let status = reader.needed("status")
        guard reader.problems.isEmpty, let id, let money, let status else { return nil }
        return .refund(
            RefundRequest(
                id: id, refundID: reader.word("refund_id") ?? id.text, money: money, contractor: contractor,
                reason: reader.text("reason") ?? "", description: reader.text("description") ?? "",
                formattedDescription: reader.text("formatted_description") ?? "",
                details: reader.text("details") ?? "", dateRequested: date, status: status),
            told: reader.told)
    }

    static func split(_ reader: inout RecordReader) -> ImportRecord? {
        let id = reader.id("id", InvoiceSplit.self), name = reader.needed("name"), money = reader.money()
        let person = reader.optionalID("person", Contractor.self), month = reader.optionalDay("month")
        let type = reader.needed("type"), status = reader.needed("status")
        guard reader.problems.isEmpty, let id, let name, let money, let type, let status else { return nil }
        return .split(
            InvoiceSplit(
                id: id, name: name, autoName: reader.word("auto_name") ?? name, money: money,
                role: reader.word("role") ?? "", type: type, person: person, month: month,
                description: reader.text("description") ?? "", status: status),
            told: reader.told)
    }

    static func payout(_ reader: inout RecordReader) -> ImportRecord? {
        let id = reader.id("id", Payout.self), name = reader.needed("name"), money = reader.money()
        let person = reader.id("person", Contractor.self), rate = reader.optionalID("rate", ContractorRate.self)
        let date = reader.optionalDay("date"), paid = reader.optionalDay("paid_date")
        let status = reader.choice("status", Payout.Status.self), source = source(&reader)
        guard reader.problems.isEmpty, let id, let name, let money, let person, let status else { return nil }
        return .payout(
            Payout(
                id: id, name: name, money: money, date: date, paidDate: paid,
                description: reader.text("description") ?? "", status: status, person: person, source: source,
                rate: rate),
            told: reader.told)
    }

    private static func source(_ reader: inout RecordReader) -> PayoutSource? {
        let hasKind = reader.word("source_kind") != nil, hasID = reader.word("source_id") != nil
        guard hasKind || hasID else { return nil }
        guard hasKind, hasID else {
            reader.fail(hasKind ? "source_id" : "source_kind", "is empty; a source needs a kind and an id")
            return nil
        }
        let kind = reader.choice("source_kind", PayoutSource.Kind.self)
        let id = reader.id("source_id", PayoutSource.self)
        guard let kind, let id else { return nil }
        return PayoutSource(kind, id: id.text)
    }
}
