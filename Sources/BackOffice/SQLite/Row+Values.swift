import MillraceStore

/// Values of the books out of rows; text that is no value of its column is `BooksError.damaged`.
extension Row {
    func id<Of>(_ column: Int) -> BookID<Of> { BookID(text(column)) }
    func idOrNil<Of>(_ column: Int) -> BookID<Of>? { textOrNil(column).map { BookID($0) } }

    func hours(_ column: Int, of table: String, _ id: String) throws -> Hours {
        guard let hours = Hours(text(column)) else { throw damaged("hours", table, id) }
        return hours
    }

    func orderStatus(_ column: Int, of table: String, _ id: String) throws -> OrderStatus {
        guard let status = OrderStatus(rawValue: text(column)) else { throw damaged("status", table, id) }
        return status
    }

    func month(_ column: Int, of table: String, _ id: String) throws -> Month {
        guard let month = Month(text(column)) else { throw damaged("month", table, id) }
        return month
    }

    func dayOrNil(_ column: Int, _ name: String, of table: String, _ id: String) throws -> Day? {
        guard let text = textOrNil(column) else { return nil }
        guard let day = Day(text) else { throw damaged(name, table, id) }
        return day
    }

    private func damaged(_ column: String, _ table: String, _ id: String) -> BooksError {
        .damaged(table: table, id: id, column: column)
    }
}

extension TimesheetEntry {
    static let columns = "e.id, e.title, e.date, e.hours, e.text, e.contractor, e.project, e.status"

    /// From ``columns``.
    init(_ row: Row) throws {
        let id = row.text(0)
        guard let status = Status(rawValue: row.text(7)) else {
            throw BooksError.damaged(table: "timesheet_entry", id: id, column: "status")
        }
        self.init(
            id: EntryID(id), title: row.text(1), date: try row.dayOrNil(2, "date", of: "timesheet_entry", id),
            hours: try row.hours(3, of: "timesheet_entry", id),
            text: row.text(4), contractor: row.idOrNil(5), project: row.idOrNil(6), status: status)
    }
}

extension Order {
    static let columns = "o.id, o.contractor, o.month, o.title, o.status"

    /// From ``columns``.
    init(_ row: Row) throws {
        let id = row.text(0)
        self.init(
            id: OrderID(id), contractor: row.id(1), month: try row.month(2, of: "task_order", id), title: row.text(3),
            status: try row.orderStatus(4, of: "task_order", id))
    }
}

extension Deployment {
    static let columns = "d.id, d.contractor, d.project, d.status"

    /// From ``columns``.
    init(_ row: Row) {
        self.init(id: row.id(0), contractor: row.id(1), project: row.id(2), status: row.text(3))
    }
}
