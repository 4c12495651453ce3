import ArgumentParser
import BackOffice
import JSONCodec
import Linux

extension BooksCommand {
    /// `millctl books show [TABLE] [--month YYYY-MM]`
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what the books hold, or one of their tables.")

        enum Subject: String, CaseIterable, ExpressibleByArgument {
            case orders, lines, timesheets, payouts, refunds, splits, rates, positions
        }

        /// Rows of a table beyond this many are only counted.
        static let rows = 1000

        @OptionGroup var global: GlobalOptions
        @Argument(help: "What; how much there is when left out.") var subject: Subject?
        @Option(help: "Only this month, YYYY-MM.", transform: OptionValue.month) var month: Month?
        @Option(help: "Only contractors whose name on the chat server contains this.") var contractor: String?

        func validate() throws {
            if subject == .timesheets && month == nil {
                throw ValidationError("timesheets are shown by --month YYYY-MM")
            }
            if subject == nil && (month != nil || contractor != nil) {
                throw ValidationError(
                    "say what to show: \(Subject.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            if month != nil, subject == .rates || subject == .positions {
                throw ValidationError("\(subject!.rawValue) have no month")
            }
        }

        func run() async throws {
            let place = BooksPlace(global.place)
            let books = try place.open(nil, at: global.place)
            defer { books.close() }
            do {
                switch subject {
                case nil: show(try await books.overview())
                case .orders: show(orders: try await books.orders(month: month, contractor: contractor))
                case .lines: show(lines: try await books.orders(month: month, contractor: contractor))
                case .timesheets:
                    let query = EntryQuery(month: month!, discord: contractor, everyStatus: true)
                    show(try await books.entries(query))
                case .payouts:
                    let payouts = try await books.payouts(month: month, person: contractor)
                    show(BooksText.payouts(payouts), payouts.map(BooksText.json), "no payout")
                case .refunds:
                    let refunds = try await books.refunds(month: month, contractor: contractor)
                    show(BooksText.refunds(refunds), refunds.map(BooksText.json), "no refund request")
                case .splits:
                    let splits = try await books.splits(month: month, person: contractor)
                    show(BooksText.splits(splits), splits.map(BooksText.json), "no invoice split")
                case .rates:
                    let rates = try await books.allRates(contractor: contractor)
                    show(BooksText.rates(rates), rates.map(BooksText.json), "no rate")
                case .positions:
                    let positions = try await books.allPositions(contractor: contractor)
                    show(BooksText.positions(positions), positions.map(BooksText.json), "no position")
                }
            } catch {
                throw Failure(books: error, place.path)
            }
        }

        private func show(_ overview: BooksOverview) {
            if global.json {
                JSONOutput.document(BooksText.json(overview))
                return
            }
            let terminal = global.terminal
            Output.lines(BooksText.facts(overview).lines(for: terminal))
            if overview.months.isEmpty { return }
            Output.line("")
            Output.table(BooksText.months(overview.months), terminal)
        }

        private func show(orders: [OrderView]) {
            if global.json { return JSONOutput.document(JSONValue.array(orders.map(BooksText.json))) }
            show(BooksText.orders(orders), "no order")
        }

        private func show(lines orders: [OrderView]) {
            if global.json {
                let lines = orders.flatMap { order in order.lines.map { BooksText.json($0, of: order) } }
                return JSONOutput.document(JSONValue.array(lines))
            }
            show(BooksText.lines(orders), "no line")
        }

        private func show(_ entries: [TimesheetEntry]) {
            if global.json { return JSONOutput.document(JSONValue.array(entries.map(BooksText.json))) }
            show(BooksText.entries(entries), "no timesheet entry")
        }

        private func show(_ table: Table, _ json: [JSONValue], _ none: String) {
            if global.json { return JSONOutput.document(JSONValue.array(json)) }
            show(table, none)
        }

        private func show(_ table: Table, _ none: String) {
            if table.rows.isEmpty { return Output.line("\(none)\(month.map { " in \($0)" } ?? "")") }
            let lines = table.lines(for: global.terminal)
            Output.lines(Array(lines.prefix(Self.rows + 1)))
            if table.rows.count > Self.rows {
                Output.line("and \(table.rows.count - Self.rows) more; `millctl books export` gives all")
            }
        }
    }
}
