/// Records of what is paid, as a file gives them.
extension ImportRecord {
    static func refund(_ reader: inout RecordReader) -> ImportRecord? {
        let id = reader.id("id", RefundRequest.self), money = reader.money()
        let contractor = reader.optionalID("contractor", Contractor.self), date = reader.optionalDay("date_requested")
        _ = reader.needed("status")
        let status = reader.word("status", knowing: [RefundRequest.approved], others: "they are not paid")
        guard reader.problems.isEmpty, let id, let money, let status else { return nil }
        var refund = Told(
            RefundRequest(id: id, refundID: id.text, money: money, contractor: contractor), by: reader)
        refund.set("refund_id", as: \.refundID, to: reader.word("refund_id") ?? id.text)
        refund.set("amount", "currency", as: \.money, to: money)
        refund.set("contractor", as: \.contractor, to: contractor)
        refund.set("reason", as: \.reason, to: reader.text("reason") ?? "")
        refund.set("description", as: \.description, to: reader.text("description") ?? "")
        refund.set(
            "formatted_description", as: \.formattedDescription, to: reader.text("formatted_description") ?? "")
        refund.set("details", as: \.details, to: reader.text("details") ?? "")
        refund.set("date_requested", as: \.dateRequested, to: date)
        refund.set("status", as: \.status, to: status)
        return .refund(refund)
    }

    static func split(_ reader: inout RecordReader) -> ImportRecord? {
        let id = reader.id("id", InvoiceSplit.self), name = reader.needed("name"), money = reader.money()
        let person = reader.optionalID("person", Contractor.self), month = reader.optionalDay("month")
        _ = (reader.needed("type"), reader.needed("status"))
        let type = reader.word("type", knowing: InvoiceSplit.payableTypes, others: "they are not paid")
        let status = reader.word("status", knowing: [InvoiceSplit.pending], others: "they are not paid")
        guard reader.problems.isEmpty, let id, let name, let money, let type, let status else { return nil }
        var split = Told(
            InvoiceSplit(id: id, name: name, autoName: name, money: money, type: type, person: person), by: reader)
        split.set("name", as: \.name, to: name)
        split.set("auto_name", as: \.autoName, to: reader.word("auto_name") ?? name)
        split.set("amount", "currency", as: \.money, to: money)
        split.set("role", as: \.role, to: reader.word("role") ?? "")
        split.set("type", as: \.type, to: type)
        split.set("person", as: \.person, to: person)
        split.set("month", as: \.month, to: month)
        split.set("description", as: \.description, to: reader.text("description") ?? "")
        split.set("status", as: \.status, to: status)
        return .split(split)
    }

    static func payout(_ reader: inout RecordReader) -> ImportRecord? {
        let id = reader.id("id", Payout.self), name = reader.needed("name"), money = reader.money()
        let person = reader.id("person", Contractor.self), rate = reader.optionalID("rate", ContractorRate.self)
        let date = reader.optionalDay("date"), paid = reader.optionalDay("paid_date")
        let status = reader.choice("status", Payout.Status.self), source = source(&reader)
        guard reader.problems.isEmpty, let id, let name, let money, let person, let status else { return nil }
        var payout = Told(
            Payout(
                id: id, name: name, money: money, date: date, description: "", status: status, person: person,
                source: source), by: reader)
        payout.set("name", as: \.name, to: name)
        payout.set("amount", "currency", as: \.money, to: money)
        payout.set("date", as: \.date, to: date)
        payout.set("paid_date", as: \.paidDate, to: paid)
        payout.set("description", as: \.description, to: reader.text("description") ?? "")
        payout.set("status", as: \.status, to: status)
        payout.set("person", as: \.person, to: person)
        payout.set("source_kind", "source_id", as: \.source, to: source)
        payout.set("rate", as: \.rate, to: rate)
        return .payout(payout)
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
