import Categorization
import Decimals
import Linux
import Logging
import MillraceProtocol
import MillraceStore

/// An expense as the database has it.
struct ExpenseRow: Hashable, Sendable {
    var record: ExpenseRecord
    var number: Int64
    var category: CategoryID?
    var isConfirmed: Bool
    var isAutomatic: Bool
    var confidence: Double?
    var method: String?
    var categorizedAt: Timestamp?

    static let columns = """
        number, id, owner, merchant_name, merchant_normalized, description, amount, currency, transaction_date, category, \
        confirmed, auto, confidence, method, categorized_at
        """

    init(_ row: Row) {
        number = row.int(0)
        record = ExpenseRecord(
            id: row.text(1), owner: row.text(2).nonEmpty, merchantName: row.textOrNil(3),
            merchantNormalized: row.textOrNil(4), description: row.textOrNil(5),
            amount: row.textOrNil(6).flatMap { ExactDecimal($0) }, currency: row.textOrNil(7),
            transactionDate: row.textOrNil(8))
        category = row.intOrNil(9).map { CategoryID($0) }
        isConfirmed = row.bool(10)
        isAutomatic = row.bool(11)
        confidence = row.realOrNil(12)
        method = row.textOrNil(13)
        categorizedAt = row.intOrNil(14).map { Timestamp(milliseconds: $0) }
    }
}

extension ExpenseRow {
    /// What decisions see of it. Nil for one that makes no sense any more, which is named in the log: it was in order when it
    /// was taken in.
    func expense(naming log: Logger) -> Expense? {
        do {
            return try record.expense()
        } catch {
            log.warning(
                "a kept expense cannot be read and is passed over: \(error.rpcError.message)",
                metadata: ["expense": "\(record.id)"])
            return nil
        }
    }
}

extension ExpenseRecord {
    /// What decisions see of it.
    ///
    /// - Throws: ``CategorizerError/invalid(field:_:)`` for a member that makes no sense.
    func expense() throws(CategorizerError) -> Expense {
        guard (1...200).contains(id.utf8.count) else {
            throw .invalid(
                field: "id",
                id.isEmpty ? "the expense has no id; store it before it is categorized" : "an id has 1 to 200 bytes")
        }
        for (field, text) in [
            ("merchant_name", merchantName), ("merchant_normalized", merchantNormalized), ("description", description),
            ("owner", owner),
        ] where (text?.utf8.count ?? 0) > 10_000 {
            throw .invalid(field: field, "\(field) is longer than 10000 bytes")
        }
        if let currency, currency.utf8.count != 3 || !currency.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) {
            throw .invalid(field: "currency", "\"\(currency.prefix(20))\" is no currency such as CRC")
        }
        if let amount, !Expense.amounts.contains(amount) {
            throw .invalid(
                field: "amount", "an amount lies in \(Expense.amounts.lowerBound) to \(Expense.amounts.upperBound)")
        }
        var expense = Expense(
            id: id, owner: owner.flatMap(\.nonEmpty), merchant: merchantName, description: description, amount: amount)
        expense.merchantNormalized = merchantNormalized
        if let text = transactionDate, !text.isEmpty {
            guard let date = CivilDate(dayOf: text) else {
                throw .invalid(field: "transaction_date", "\"\(text.prefix(40))\" is no day such as 2026-11-21")
            }
            expense.date = date
            expense.minuteOfDay = Self.minute(text)
        }
        return expense
    }

    /// This one; what it leaves out is as the known one has it. A text that is told as empty is told.
    func over(_ known: ExpenseRecord?) -> ExpenseRecord {
        ExpenseRecord(
            id: id, owner: (owner ?? known?.owner).flatMap(\.nonEmpty),
            merchantName: merchantName ?? known?.merchantName,
            merchantNormalized: merchantNormalized ?? known?.merchantNormalized,
            description: description ?? known?.description, amount: amount ?? known?.amount,
            currency: currency ?? known?.currency, transactionDate: transactionDate ?? known?.transactionDate)
    }

    /// The same; what is wrong is named by its place in the parameters.
    func expense(at field: String) throws(CategorizerError) -> Expense {
        do throws(CategorizerError) {
            return try expense()
        } catch {
            guard case .invalid(let inner, let message) = error else { throw error }
            throw .invalid(field: "\(field).\(inner)", message)
        }
    }

    /// Hour and minute as they stand behind the day; nil for a day alone.
    private static func minute(_ text: String) -> Int? {
        let time = Array(text.utf8.dropFirst(11).prefix(5))
        guard time.count == 5, time[2] == 0x3A else { return nil }
        let digits = [0, 1, 3, 4].map { time[$0] &- 0x30 }
        guard digits.allSatisfy({ $0 < 10 }) else { return nil }
        let (hour, minute) = (Int(digits[0]) * 10 + Int(digits[1]), Int(digits[2]) * 10 + Int(digits[3]))
        return hour < 24 && minute < 60 ? hour * 60 + minute : nil
    }
}

extension String {
    var nonEmpty: String? { isEmpty ? nil : self }
}
