import Decimals
import JSONCodec
import MillraceStore

extension Row {
    func amountOrNil(_ column: Int, _ name: String, of table: String, _ id: String) throws -> ExactDecimal? {
        guard let text = textOrNil(column) else { return nil }
        guard let amount = ExactDecimal(text) else { throw BooksError.damaged(table: table, id: id, column: name) }
        return amount
    }

    func currencyOrNil(_ column: Int, of table: String, _ id: String) throws -> Currency? {
        guard let text = textOrNil(column) else { return nil }
        guard let currency = Currency(text) else {
            throw BooksError.damaged(table: table, id: id, column: "currency")
        }
        return currency
    }

    /// An amount and, in the column after it, its currency.
    func money(_ column: Int, of table: String, _ id: String) throws -> Money {
        guard let amount = try amountOrNil(column, "amount", of: table, id),
            let currency = try currencyOrNil(column + 1, of: table, id)
        else { throw BooksError.damaged(table: table, id: id, column: "amount") }
        return Money(amount, currency)
    }
}

extension ContractorRate {
    static let columns = """
        r.id, r.contractor, r.status, r.start_date, r.end_date, r.payday, r.billing_type, r.monthly_fixed, \
        r.hourly_rate, r.gross_fixed, r.currency
        """

    /// From ``columns``.
    init(_ row: Row) throws {
        let table = "contractor_rate", id = row.text(0)
        self.init(
            id: RateID(id), contractor: row.id(1), status: row.text(2),
            startDate: try row.dayOrNil(3, "start_date", of: table, id),
            endDate: try row.dayOrNil(4, "end_date", of: table, id), payday: Int(row.int(5)),
            billingType: BillingType(row.text(6)),
            monthlyFixed: try row.amountOrNil(7, "monthly_fixed", of: table, id),
            hourlyRate: try row.amountOrNil(8, "hourly_rate", of: table, id),
            grossFixed: try row.amountOrNil(9, "gross_fixed", of: table, id),
            currency: try row.currencyOrNil(10, of: table, id))
    }
}

extension PayableOrder {
    /// From id, contractor, name, discord, date, hours of the lines, revision.
    init(_ row: Row) throws {
        let id = row.text(0)
        var hours: Hours = 0
        for text in try JSON.decode([String].self, from: row.text(5)) {
            guard let part = Hours(text) else {
                throw BooksError.damaged(table: "order_line", id: id, column: "hours")
            }
            hours = try hours.adding(part)
        }
        self.init(
            id: OrderID(id), contractor: row.id(1), contractorName: row.text(2), discord: row.text(3),
            date: try row.dayOrNil(4, "date", of: "task_order", id), hours: hours, revision: row.text(6))
    }
}

extension RefundRequest {
    static let columns = """
        f.id, f.refund_id, f.amount, f.currency, f.contractor, f.reason, f.description, f.formatted_description, \
        f.details, f.date_requested, f.status
        """

    /// From ``columns``.
    init(_ row: Row, name: String = "", revision: String? = nil) throws {
        let table = "refund_request", id = row.text(0)
        self.init(
            id: RefundID(id), refundID: row.text(1), money: try row.money(2, of: table, id), contractor: row.idOrNil(4),
            contractorName: name, reason: row.text(5), description: row.text(6),
            formattedDescription: row.text(7), details: row.text(8),
            dateRequested: try row.dayOrNil(9, "date_requested", of: table, id), status: row.text(10),
            revision: revision)
    }
}

extension InvoiceSplit {
    static let columns = """
        s.id, s.name, s.auto_name, s.amount, s.currency, s.role, s.type, s.person, s.month, s.description, s.status
        """

    /// From ``columns``.
    init(_ row: Row, revision: String? = nil) throws {
        let table = "invoice_split", id = row.text(0)
        self.init(
            id: SplitID(id), name: row.text(1), autoName: row.text(2), money: try row.money(3, of: table, id),
            role: row.text(5), type: row.text(6), person: row.idOrNil(7),
            month: try row.dayOrNil(8, "month", of: table, id), description: row.text(9), status: row.text(10),
            revision: revision)
    }
}

extension Payout {
    static let columns = """
        y.id, y.name, y.amount, y.currency, y.date, y.paid_date, y.description, y.status, y.person, y.source_kind, \
        y.source_id, y.rate
        """

    /// From ``columns``.
    init(_ row: Row) throws {
        let table = "payout", id = row.text(0)
        guard let status = Status(rawValue: row.text(7)) else {
            throw BooksError.damaged(table: table, id: id, column: "status")
        }
        let kind = row.textOrNil(9).flatMap { PayoutSource.Kind(rawValue: $0) }
        self.init(
            id: PayoutID(id), name: row.text(1), money: try row.money(2, of: table, id),
            date: try row.dayOrNil(4, "date", of: table, id),
            paidDate: try row.dayOrNil(5, "paid_date", of: table, id), description: row.text(6), status: status,
            person: row.id(8), source: kind.map { PayoutSource($0, id: row.text(10)) }, rate: row.idOrNil(11))
    }
}

extension LivePayout {
    static let columns = "id, run, amount, currency"

    /// From ``columns``, the first of which is this one.
    init(_ row: Row, from column: Int) throws {
        let id: PayoutID = row.id(column)
        self.init(
            id: id, run: row.textOrNil(column + 1), money: try row.money(column + 2, of: "payout", id.text))
    }
}
