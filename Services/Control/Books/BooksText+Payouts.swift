import BackOffice
import Decimals
import JSONCodec

/// What is paid, in tables and JSON.
extension BooksText {
    static func payouts(_ payouts: [Payout]) -> Table {
        var table = Table([
            .text("Date"), .text("Person", shrinksTo: 12), .text("Type"), .number("Amount"), .text("Currency"),
            .text("Status"), .text("Name", shrinksTo: 12, leaves: 2), .text("Payout", shrinksTo: 12, leaves: 1),
        ])
        for payout in payouts {
            table.add([
                Table.Cell(payout.date.map { "\($0)" } ?? ""), Table.Cell(payout.person.text),
                Table.Cell(payout.type.rawValue), Table.Cell(MoneyText.amount(payout.money)),
                Table.Cell(payout.money.currency.code),
                Table.Cell(payout.status.rawValue, tone(payout.status)), Table.Cell(payout.name),
                Table.Cell(payout.id.text),
            ])
        }
        return table
    }

    static func refunds(_ refunds: [RefundRequest]) -> Table {
        var table = Table([
            .text("Date"), .text("Refund", shrinksTo: 12), .text("Contractor", shrinksTo: 12), .number("Amount"),
            .text("Currency"), .text("Status"), .text("Reason", shrinksTo: 12, leaves: 1),
        ])
        for refund in refunds {
            table.add([
                Table.Cell(refund.dateRequested.map { "\($0)" } ?? ""), Table.Cell(refund.refundID),
                Table.Cell(refund.contractor?.text ?? ""), Table.Cell(MoneyText.amount(refund.money)),
                Table.Cell(refund.money.currency.code), Table.Cell(refund.status), Table.Cell(refund.reason),
            ])
        }
        return table
    }

    static func splits(_ splits: [InvoiceSplit]) -> Table {
        var table = Table([
            .text("Month"), .text("Split", shrinksTo: 12), .text("Person", shrinksTo: 12), .text("Role"),
            .text("Type"), .number("Amount"), .text("Currency"), .text("Status"),
        ])
        for split in splits {
            table.add([
                Table.Cell(split.month.map { "\(Month(of: $0))" } ?? ""), Table.Cell(split.name),
                Table.Cell(split.person?.text ?? ""), Table.Cell(split.role), Table.Cell(split.type),
                Table.Cell(MoneyText.amount(split.money)), Table.Cell(split.money.currency.code),
                Table.Cell(split.status),
            ])
        }
        return table
    }

    static func rates(_ rates: [ContractorRate]) -> Table {
        var table = Table([
            .text("Contractor", shrinksTo: 12), .text("Billing"), .number("Monthly"), .number("Hourly"),
            .text("Currency"), .text("From", optional: true), .text("To", optional: true), .number("Payday"),
            .text("Status"), .text("Rate", shrinksTo: 8, leaves: 1),
        ])
        for rate in rates {
            table.add([
                Table.Cell(rate.contractor.text), Table.Cell(rate.billingType.text),
                Table.Cell(amount(rate.monthlyFixed, rate.currency)),
                Table.Cell(amount(rate.hourlyRate, rate.currency)),
                Table.Cell(rate.currency?.code ?? ""), Table.Cell(rate.startDate.map { "\($0)" } ?? ""),
                Table.Cell(rate.endDate.map { "\($0)" } ?? ""), Table.Cell(rate.payday), Table.Cell(rate.status),
                Table.Cell(rate.id.text),
            ])
        }
        return table
    }

    static func positions(_ positions: [(contractor: ContractorID, position: String)]) -> Table {
        var table = Table([.text("Contractor", shrinksTo: 12), .text("Position", shrinksTo: 12)])
        for one in positions { table.add([Table.Cell(one.contractor.text), Table.Cell(one.position)]) }
        return table
    }

    private static func amount(_ amount: ExactDecimal?, _ currency: Currency?) -> String {
        guard let amount else { return "" }
        return currency.map { MoneyText.amount(Money(amount, $0)) } ?? "\(amount)"
    }

    private static func tone(_ status: Payout.Status) -> Tone {
        switch status {
        case .paid: .good
        case .cancelled: .quiet
        case .new, .pending: .plain
        }
    }
}

// MARK: - JSON

extension BooksText {
    static func json(_ payout: Payout) -> JSONValue {
        [
            "id": .string(payout.id.text), "name": .string(payout.name), "type": .string(payout.type.rawValue),
            "amount": number(payout.money.amount), "currency": .string(payout.money.currency.code),
            "person": .string(payout.person.text), "status": .string(payout.status.rawValue),
            "date": day(payout.date), "paidDate": day(payout.paidDate),
            "sourceKind": payout.source.map { .string($0.kind.rawValue) } ?? .null,
            "sourceId": payout.source.map { .string($0.id) } ?? .null,
            "rate": payout.rate.map { .string($0.text) } ?? .null, "description": .string(payout.description),
        ]
    }

    static func json(_ refund: RefundRequest) -> JSONValue {
        [
            "id": .string(refund.id.text), "refundId": .string(refund.refundID),
            "amount": number(refund.money.amount), "currency": .string(refund.money.currency.code),
            "contractor": refund.contractor.map { .string($0.text) } ?? .null, "status": .string(refund.status),
            "dateRequested": day(refund.dateRequested), "reason": .string(refund.reason),
            "description": .string(refund.description),
        ]
    }

    static func json(_ split: InvoiceSplit) -> JSONValue {
        [
            "id": .string(split.id.text), "name": .string(split.name), "autoName": .string(split.autoName),
            "amount": number(split.money.amount), "currency": .string(split.money.currency.code),
            "person": split.person.map { .string($0.text) } ?? .null, "role": .string(split.role),
            "type": .string(split.type), "month": day(split.month), "status": .string(split.status),
            "description": .string(split.description),
        ]
    }

    static func json(_ rate: ContractorRate) -> JSONValue {
        [
            "id": .string(rate.id.text), "contractor": .string(rate.contractor.text), "status": .string(rate.status),
            "startDate": day(rate.startDate), "endDate": day(rate.endDate), "payday": .number("\(rate.payday)"),
            "billingType": .string(rate.billingType.text), "monthlyFixed": rate.monthlyFixed.map(number) ?? .null,
            "hourlyRate": rate.hourlyRate.map(number) ?? .null, "grossFixed": rate.grossFixed.map(number) ?? .null,
            "currency": rate.currency.map { .string($0.code) } ?? .null,
        ]
    }

    static func json(_ one: (contractor: ContractorID, position: String)) -> JSONValue {
        ["contractor": .string(one.contractor.text), "position": .string(one.position)]
    }

    private static func number(_ amount: ExactDecimal) -> JSONValue { .number(amount.description) }
    private static func day(_ day: Day?) -> JSONValue { day.map { .string("\($0)") } ?? .null }
}
