/// What the invented contractors are paid. They must be in the books already: import the timesheets first.
extension SampleBooks {
    /// The tables of which there is a sample.
    public static let tables: [BooksTable] = [.timesheets, .rates, .positions, .refunds, .splits]

    /// CSV in the columns that an import of the table looks for. The same month gives the same bytes.
    public static func csv(_ table: BooksTable, month: Month) -> [UInt8] {
        switch table {
        case .rates: ratesCSV(month: month)
        case .positions: positionsCSV()
        case .refunds: refundsCSV(month: month)
        case .splits: splitsCSV(month: month)
        default: timesheetsCSV(month: month)
        }
    }

    /// Half of the contractors are paid on the 1st, half on the 15th; a third in dong, some by the hour, and one began in
    /// the middle of the month.
    public static func ratesCSV(month: Month? = nil) -> [UInt8] {
        var csv = CSVWriter()
        csv.record([
            "id", "contractor", "status", "start_date", "end_date", "payday", "billing_type", "monthly_fixed",
            "hourly_rate", "currency",
        ])
        for (index, contractor) in contractors.enumerated() {
            let inDong = index % 3 == 0, byTheHour = index % 4 == 2, hasMixed = index % 10 == 5
            let type: BillingType = byTheHour ? .hourly : hasMixed ? .mixed : .monthlyFixed
            let fixed = inDong ? 24_000_000 + 1_500_000 * (index % 7) : 1_800 + 150 * (index % 6)
            let hourly = inDong ? "\(210_000 + 15_000 * (index % 5))" : "\(18 + index % 9).50"
            csv.record([
                "rate-\(contractor)", contractor, ContractorRate.active,
                index == 3 ? month.map { "\($0)-10" } ?? "" : "", "", index % 2 == 0 ? "1" : "15", type.text,
                type.isFixed ? "\(fixed)" : "", type == .monthlyFixed ? "" : hourly, inDong ? "VND" : "USD",
            ])
        }
        return csv.bytes
    }

    static func positionsCSV() -> [UInt8] {
        var csv = CSVWriter()
        csv.record(["contractor", "position"])
        for (index, contractor) in contractors.enumerated() {
            let position =
                switch index % 7 {
                case 2: "Product Designer"
                case 5: "Operation Executive"
                default: "Software Engineer"
                }
            csv.record([contractor, position])
        }
        return csv.bytes
    }

    static func refundsCSV(month: Month) -> [UInt8] {
        var csv = CSVWriter()
        csv.record([
            "id", "refund_id", "amount", "currency", "contractor", "status", "date_requested", "reason", "description",
        ])
        let requests = [
            (0, "450000", "VND", "Approved", "Travel", "train to the workshop"),
            (4, "89.90", "USD", "Approved", "Equipment", "keyboard"),
            (7, "35.25", "USD", "Approved", "Training", "course material"),
            (11, "120", "USD", "Pending", "Equipment", "headset"),
        ]
        for (number, request) in requests.enumerated() {
            let id = "\(month.compact)-\(number + 1)"
            csv.record([
                "refund-\(id)", "RFD-\(id)", request.1, request.2, contractors[request.0], request.3,
                month.firstDay.description, request.4, request.5,
            ])
        }
        return csv.bytes
    }

    static func splitsCSV(month: Month) -> [UInt8] {
        var csv = CSVWriter()
        csv.record([
            "id", "name", "auto_name", "amount", "currency", "person", "role", "type", "month", "status", "description",
        ])
        let parts = [
            (1, "180", "Sales", "Commission", "Sales commission"),
            (6, "240.75", "Delivery Lead", "Fee", "Delivery lead"),
            (13, "3600000", "Hiring Referral", "Bonus", "Referral bonus"),
        ]
        for (number, part) in parts.enumerated() {
            let id = "\(month.compact)-\(number + 1)", client = clients[part.0]
            csv.record([
                "split-\(id)", "\(part.2) \(client)", "SPL :: \(client) :: \(id)", part.1,
                part.1.count > 6 ? "VND" : "USD", contractors[part.0], part.2, part.3, month.firstDay.description,
                InvoiceSplit.pending, part.4,
            ])
        }
        return csv.bytes
    }
}
