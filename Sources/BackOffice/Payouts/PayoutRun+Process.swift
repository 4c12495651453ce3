import Decimals
import Linux

/// Why a candidate gets no payout, as details say it.
enum PayoutReason {
    static let noContractor = "contractor missing"
    static let noPerson = "person missing"
    static let noRate = "no active rate"
    static let noDate = "order has no date"
    static let otherPayDay = "pay-day mismatch"
    static let exists = "payout already exists"
    static let changed = "changed since it was read; run again"
}

/// What stands in the way of one candidate, without an error of the books behind it.
public struct PayoutObstacle: Error, Hashable, CustomStringConvertible {
    public var description: String

    init(description: String) { self.description = description }

    /// A candidate that cannot be paid as it stands. The job keeps it as it was read, so another one has to look.
    init(fault: String) { description = "\(fault); mend it and run again" }
}

extension PayoutRun {
    /// Looks at one candidate, and creates its payout if nothing stands in the way. The only call it makes is the
    /// creation, and for an order its completion.
    ///
    /// - Parameter run: see ``PayoutDraft/run``.
    /// - Returns: the detail; with the error behind it, when the status is `error`.
    /// - Throws: `CancellationError` at the start, never after the creation has begun.
    public func process(
        _ candidate: PayoutCandidate, _ parameters: PayoutParameters, _ context: Context, run: String,
        _ log: RunLog = .silent
    ) async throws -> (detail: PayoutDetail, error: (any Error)?) {
        try Task.checkCancellation()
        var detail = PayoutDetail(candidate)
        var cause: (any Error)?
        do {
            if let draft = try draft(candidate, parameters, context, run: run, &detail) {
                if parameters.dryRun {
                    detail.outcome = PayoutOutcome(status: .planned)
                } else {
                    // Once the books are asked, what becomes of it has to be known: a cancelled job waits for this.
                    let paid = try await Task { try await pay(draft, log) }.value
                    switch paid {
                    case .made(let payout): detail.outcome = PayoutOutcome(status: .created, payout: payout)
                    case .foreign(let live): try detail.end(with: live)
                    }
                }
            }
        } catch {
            detail.outcome.status = .error
            detail.outcome.reason = (error as? PayoutObstacle)?.description ?? "not created: \(error)"
            cause = error
        }
        var fields = ["source": "\(candidate.source)", "status": detail.outcome.status.rawValue]
        if let payout = detail.outcome.payout { fields["payout"] = payout.text }
        if let reason = detail.outcome.reason { fields["reason"] = reason }
        log(cause == nil ? .debug : .error, "[PROCESS] candidate ends", fields)
        return (detail, cause)
    }

    /// The payout to be made; nil when there is to be none, and `detail` says why.
    private func draft(
        _ candidate: PayoutCandidate, _ parameters: PayoutParameters, _ context: Context, run: String,
        _ detail: inout PayoutDetail
    ) throws -> PayoutDraft? {
        switch candidate {
        case .order(let order):
            guard case .payroll(var part) = detail else { return nil }
            defer { detail = .payroll(part) }
            return try draft(order, parameters, context, run: run, &part)
        case .refund(let refund):
            guard let person = try person(candidate, PayoutReason.noContractor, context, run, &detail) else {
                return nil
            }
            if let fault = refund.fault { throw PayoutObstacle(fault: fault) }
            let reason = refund.reason.trimmed.isEmpty ? "Refund" : refund.reason
            return PayoutDraft(
                source: candidate.source,
                name: refund.description.trimmed.isEmpty ? reason : "\(reason): \(refund.description)",
                money: refund.money, date: refund.dateRequested,
                description: refund.details.trimmed.isEmpty ? refund.formattedDescription : refund.details,
                person: person, run: run, revision: refund.revision)
        case .split(let split):
            guard let person = try person(candidate, PayoutReason.noPerson, context, run, &detail) else { return nil }
            if let fault = split.fault { throw PayoutObstacle(fault: fault) }
            return PayoutDraft(
                source: candidate.source, name: split.name, money: split.money, date: split.month,
                description: split.description, person: person, run: run, revision: split.revision)
        }
    }

    /// Who is to get it; nil when nobody is known or there is a payout already.
    private func person(
        _ candidate: PayoutCandidate, _ missing: String, _ context: Context, _ run: String,
        _ detail: inout PayoutDetail
    ) throws -> ContractorID? {
        guard let person = candidate.person else {
            detail.outcome = PayoutOutcome(status: .skipped, reason: missing)
            return nil
        }
        if let live = try context.foreign(candidate.source, run) {
            try detail.end(with: live)
            return nil
        }
        return person
    }

    /// What is wrong with the order itself, then contractor, rate, payday, amount, existing payout, in this order.
    private func draft(
        _ order: PayableOrder, _ parameters: PayoutParameters, _ context: Context, run: String,
        _ detail: inout PayrollDetail
    ) throws -> PayoutDraft? {
        if let fault = order.fault { throw PayoutObstacle(fault: fault) }
        guard let contractor = order.contractor else {
            detail.outcome = PayoutOutcome(status: .skipped, reason: PayoutReason.noContractor)
            return nil
        }
        guard let date = order.date else { throw PayoutObstacle(description: PayoutReason.noDate) }
        let rates = context.rates[contractor] ?? []
        guard let rate = rates.first(where: { $0.isValid(on: date) }) else {
            throw PayoutObstacle(description: PayoutReason.noRate)
        }
        if let payDay = parameters.payDay, payDay != rate.payday {
            detail.outcome = PayoutOutcome(status: .skipped, reason: PayoutReason.otherPayDay)
            return nil
        }
        let due = try rate.amountDue(for: order.hours, in: Month(of: date), settings.rounding)
        detail.money = due.money
        detail.billingType = rate.billingType
        detail.note = rate.note(on: Month(of: date), beside: rates)
        if parameters.dryRun {
            detail.calculation = due.calculation
            detail.invoiceDueDay = rate.invoiceDueDay
        }
        let source = PayoutSource.order(order.id)
        if let live = try context.foreign(source, run) {
            try detail.end(with: live)
            return nil
        }
        return PayoutDraft(
            source: source, name: ServiceFee.name(order.month), money: due.money, date: date,
            description: ServiceFee.description(
                positions: context.positions[contractor] ?? [], month: order.month),
            person: contractor, rate: rate.id, run: run, revision: order.revision)
    }

    /// What became of a draft.
    private enum Paid {
        case made(PayoutID)
        /// Another run's is there.
        case foreign(LivePayout)
    }

    /// Creates the payout and, when that is done, completes its order.
    private func pay(_ draft: PayoutDraft, _ log: RunLog) async throws -> Paid {
        let payout: PayoutID
        switch try await books.create(draft) {
        case .created(let id): payout = id
        // This run made it before it was interrupted; what comes after is still to do.
        case .alreadyThere(let live) where live.run == draft.run: payout = live.id
        case .alreadyThere(let live): return .foreign(live)
        case .changed: throw PayoutObstacle(description: PayoutReason.changed)
        }
        if case .order(let order) = draft.source {
            do {
                try await books.complete(order, revision: draft.revision, linesAtOnce: settings.linesAtOnce)
            } catch {
                log(
                    .error, "[PROCESS] order not completed, its payout stays",
                    ["order": order.text, "payout": payout.text, "error": "\(error)"])
            }
        }
        return .made(payout)
    }
}

/// The part of a detail that says how it ended, and with what amount.
private protocol PayoutEnding {
    /// What is due, until there is a payout.
    var money: Money? { get set }
    var outcome: PayoutOutcome { get set }
}

extension PayoutDetail: PayoutEnding {}
extension PayrollDetail: PayoutEnding {}

extension PayoutEnding {
    /// Says that there is a payout already, and what that pays.
    /// - Throws: ``PayoutObstacle`` where it pays something else than is due.
    fileprivate mutating func end(with live: LivePayout) throws(PayoutObstacle) {
        outcome = PayoutOutcome(status: .skipped, reason: PayoutReason.exists, payout: live.id)
        guard let paid = live.money else { return }
        let due = money
        money = paid
        guard let due, due != paid else { return }
        throw PayoutObstacle(
            description:
                "\(PayoutReason.exists), of \(paid), but \(due) is due by now; cancel it, or pay the difference by hand"
        )
    }
}

extension PayoutRun.Context {
    /// The payout that keeps the source from being paid; nil when there is none, or this run made one itself, which the
    /// books are to look at again.
    /// - Throws: `BooksError.doubled` where others made several.
    fileprivate func foreign(_ source: PayoutSource, _ run: String) throws(BooksError) -> LivePayout? {
        guard let live = payouts[source] else { return nil }
        let all = [live] + live.others
        if all.contains(where: { $0.run == run }) { return nil }
        guard live.others.isEmpty else { throw .doubled(source, all.map(\.id)) }
        return live
    }
}

extension ContractorRate {
    /// That part of a month's fixed amount is nobody's: this rate pays from its first day on, and what held in the month
    /// before that is not counted. Nil when nothing did, or this is paid by the hour.
    ///
    /// - Parameter rates: the contractor's, in the order of ``isPreferred(_:to:)``.
    fileprivate func note(on month: Month, beside rates: [ContractorRate]) -> String? {
        guard billingType.isFixed, let startDate, month.days.contains(startDate), month.firstDay < startDate,
            let earlier = rates.first(where: { $0.holds(in: month, before: startDate) })
        else { return nil }
        return "paid from \(startDate) on only; rate \(earlier.id), which held in the month before that, is not counted"
    }

    /// Whether it holds on some day of the month that comes before `day`.
    private func holds(in month: Month, before day: Day) -> Bool {
        (startDate.map { $0 < day } ?? true) && (endDate.map { month.firstDay <= $0 } ?? true)
    }

    /// What the hours of a month come to, and how that was found.
    ///
    /// A fixed amount is prorated; either way the product is exact and then rounded up, once, to the unit of its currency.
    /// - Throws: ``PayoutObstacle`` when the rate does not say what is needed, or the product has too many digits.
    func amountDue(
        for hours: Hours, in month: Month, _ rounding: RoundingTable
    ) throws(PayoutObstacle) -> (money: Money, calculation: String) {
        guard let currency else { throw PayoutObstacle(description: "rate \(id) has no currency") }
        let basis = billingType.isFixed ? monthlyFixed : hourlyRate
        guard let basis else {
            throw PayoutObstacle(
                description: "rate \(id) has no \(billingType.isFixed ? "monthly fixed amount" : "hourly rate")")
        }
        do throws(DecimalError) {
            let unit = rounding.unit(of: currency)
            if billingType.isFixed {
                let share = Proration(month: month, start: startDate)
                return (
                    Money(try share.amount(of: basis, unit: unit), currency),
                    "\(basis) \(currency) × \(share.worked)/\(share.total) working days, up to \(unit)"
                )
            }
            let units = try basis.multiplied(by: hours).divided(by: unit, scale: 0, rounding: .ceiling)
            return (
                Money(try units.multiplied(by: unit), currency), "\(basis) \(currency) × \(hours) h, up to \(unit)"
            )
        } catch {
            throw PayoutObstacle(description: "the amount by rate \(id) cannot be computed: \(error)")
        }
    }
}
