import BackOffice
import Decimals
import JSONCodec
import MillraceProtocol

/// The result of a run of payouts for people.
enum PayoutText {
    /// How the job ended, who is paid what and why, and what it comes to.
    static func summary(of job: JobView, _ terminal: Terminal) -> [String] {
        guard let raw = job.result, let result = try? raw.decode(PayoutResult.self) else {
            return JobWaiting.summary(of: job, terminal)
        }
        var lines = [terminal.paint(JobText.outcome(job), JobText.tone(job.state))]
        if let error = job.error { lines.append(terminal.paint("  \(DisplayText.harmless("\(error)"))", .bad)) }
        if !result.details.isEmpty { lines += table(result).lines(for: terminal) + [""] }
        return lines + facts(result).lines(for: terminal)
    }

    static func facts(_ result: PayoutResult) -> Facts {
        var facts = Facts([(noun(result.type), "\(result.processed)")])
        if result.dryRun {
            facts.add("Would be paid", paid(result, .planned))
        } else {
            facts.add("Payouts created", paid(result, .created))
        }
        facts.add("Skipped", result.skipped == 0 ? nil : "\(result.skipped)")
        facts.add("Errors", result.errors == 0 ? nil : "\(result.errors)", .bad)
        if result.dryRun { facts.add("Written", "nothing; this is a preview") }
        return facts
    }

    /// "3: 30,000,000 VND, 1,654.69 USD"; only the number when there are none.
    private static func paid(_ result: PayoutResult, _ status: PayoutStatus) -> String {
        var sums: [Currency: ExactDecimal] = [:]
        let chosen = result.details.filter { $0.outcome.status == status }
        for money in chosen.compactMap(\.money) {
            sums[money.currency] = try? (sums[money.currency] ?? 0).adding(money.amount)
        }
        if sums.isEmpty { return "\(chosen.count)" }
        let totals = sums.sorted { $0.key < $1.key }.map { MoneyText.text(Money($0.value, $0.key)) }
        return "\(chosen.count): \(totals.joined(separator: ", "))"
    }

    static func table(_ result: PayoutResult) -> Table {
        switch result.type {
        case .payroll: payroll(result.details)
        case .refund, .split: others(result.details, result.type)
        }
    }

    private static func payroll(_ details: [PayoutDetail]) -> Table {
        var table = Table([
            .text("Contractor", shrinksTo: 12), .text("Month"), .number("Hours"), .number("Amount"), .text("Currency"),
            .text("Billing", optional: true, leaves: 1), .text("Payout"), .text("Why", shrinksTo: 16, optional: true),
            .number("Due", optional: true, leaves: 0),
        ])
        for case .payroll(let detail) in details {
            let name = detail.contractorName.isEmpty ? detail.contractor?.text ?? "" : detail.contractorName
            table.add(
                [
                    Table.Cell(name.isEmpty ? detail.order.text : name),
                    Table.Cell(detail.month.map { "\($0)" } ?? ""), Table.Cell("\(detail.hours)"),
                    Table.Cell(detail.money.map(MoneyText.amount) ?? ""),
                    Table.Cell(detail.money?.currency.code ?? ""), Table.Cell(detail.billingType?.text ?? ""),
                ] + ending(detail.outcome, detail.calculation, detail.note) + [
                    Table.Cell(detail.invoiceDueDay.map { "\($0)." } ?? "")
                ])
        }
        return table
    }

    private static func others(_ details: [PayoutDetail], _ type: PayoutRunType) -> Table {
        var table = Table([
            .text(type == .refund ? "Refund" : "Split", shrinksTo: 12), .text("Person", shrinksTo: 12),
            .number("Amount"), .text("Currency"), .text("For", shrinksTo: 12, optional: true, leaves: 1),
            .text("Payout"), .text("Why", shrinksTo: 16, optional: true),
        ])
        for detail in details {
            let (what, person, purpose) =
                switch detail {
                case .payroll(let part): (part.order.text, part.contractor, "")
                case .refund(let part):
                    (part.refundID.isEmpty ? part.refund.text : part.refundID, part.contractor, part.reason)
                case .split(let part): (part.name.isEmpty ? part.split.text : part.name, part.person, part.type)
                }
            table.add(
                [
                    Table.Cell(what), Table.Cell(person?.text ?? ""),
                    Table.Cell(detail.money.map(MoneyText.amount) ?? ""),
                    Table.Cell(detail.money?.currency.code ?? ""), Table.Cell(purpose),
                ] + ending(detail.outcome))
        }
        return table
    }

    private static func ending(_ outcome: PayoutOutcome, _ texts: String?...) -> [Table.Cell] {
        let tone: Tone =
            switch outcome.status {
            case .created: .good
            case .planned: .plain
            case .skipped: .warning
            case .error: .bad
            }
        return [
            Table.Cell(outcome.status.rawValue, tone),
            Table.Cell(outcome.reason ?? texts.compactMap(\.self).joined(separator: "; ")),
        ]
    }

    private static func noun(_ type: PayoutRunType) -> String {
        switch type {
        case .payroll: "Orders"
        case .refund: "Refunds"
        case .split: "Splits"
        }
    }
}
