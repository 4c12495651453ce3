import Decimals
import JSONCodec
import TestSupport
import Testing

@testable import BackOffice

@Suite struct PayoutRulesTests {
    // MARK: Proration

    @Test(
        arguments: [
            ("2025-12", nil, "30000000", "30000000", "VND"), ("2025-12", "2025-12-15", "30000000", "16957000", "VND"),
            ("2025-12", "2025-12-15", "2500", "2000", "VND"), ("2025-12", nil, "2500", "3000", "VND"),
            ("2025-12", "2026-01-05", "30000000", "0", "VND"), ("2025-12", "2025-12-15", "2500", "1413.05", "USD"),
            ("2025-12", nil, "2500", "2500", "USD"), ("2025-12", "2026-01-05", "2500", "0", "USD"),
            // The first day of the month, and any before it, is the whole month.
            ("2025-12", "2025-12-01", "2500", "2500", "USD"), ("2025-12", "2020-02-17", "2500", "2500", "USD"),
            ("2025-12", "2025-12-02", "2500", "2391.31", "USD"), ("2025-12", "2025-12-31", "2300", "100", "EUR"),
            // A Saturday and a Sunday at the end of a month are no working days.
            ("2026-02", "2026-02-28", "2000", "0", "USD"), ("2025-08", "2025-08-30", "2100", "0", "USD"),
            ("2025-12", nil, "0", "0", "VND"), ("2025-12", nil, "1000.01", "2000", "VND"),
        ] as [(String, String?, String, String, String)])
    func aFixedAmountIsProratedByWorkingDaysAndRoundedUpOnce(
        month: String, start: String?, fixed: String, result: String, currency: String
    ) throws {
        let rate = ContractorRate(
            id: "r", contractor: "ada", startDate: start.map { Day($0)! }, payday: 1, billingType: .monthlyFixed,
            monthlyFixed: ExactDecimal(fixed)!, currency: Currency(currency)!)
        let due = try rate.amountDue(for: 1, in: Month(month)!, RoundingTable())
        #expect(due.money == Money(ExactDecimal(result)!, Currency(currency)!), "\(due.calculation)")
    }

    @Test(arguments: [("2025-12", 23), ("2026-02", 20), ("2024-02", 21), ("2026-08", 21), ("9999-12", 23)])
    func workingDaysAreMondayToFriday(month: String, days: Int) throws {
        #expect(Proration(month: try #require(Month(month)), start: nil).total == days)
    }

    @Test func theStartDecidesHowManyOfTheWorkingDaysCount() {
        let half = Proration(month: .december, start: Day("2025-12-15"))
        #expect((half.worked, half.total) == (13, 23))
    }

    @Test func theEndOfARateTakesNothingAway() throws {
        let rate = ContractorRate(
            id: "r", contractor: "ada", endDate: Day("2025-12-10"), payday: 1, billingType: .monthlyFixed,
            monthlyFixed: 2300, currency: .usd)
        #expect(try rate.amountDue(for: 0, in: .december, RoundingTable()).money == Money(2300, .usd))
    }

    @Test(arguments: [
        ("Hourly Rate", "241.65"), ("Mixed", "2000"), ("Monthly Fixed", "2000"), ("Retainer", "241.65"),
        ("", "241.65"),
    ])
    func onlyMonthlyFixedAndMixedAreFixedAndAllElseIsHoursTimesRateUpToTheCent(type: String, amount: String) throws {
        let rate = ContractorRate(
            id: "r", contractor: "ada", payday: 1, billingType: BillingType(type), monthlyFixed: 2000,
            hourlyRate: ExactDecimal("33.33")!, currency: .usd)
        let due = try rate.amountDue(for: ExactDecimal("7.25")!, in: .december, RoundingTable())
        #expect(due.money.amount == ExactDecimal(amount)!)
    }

    @Test func aRateThatDoesNotSayWhatIsNeededPaysNothingAndSaysWhy() {
        let bare = ContractorRate(id: "r9", contractor: "ada", payday: 1, billingType: .monthlyFixed, hourlyRate: 5)
        func reason(_ rate: ContractorRate) -> String? {
            do throws(PayoutObstacle) {
                _ = try rate.amountDue(for: 1, in: .december, RoundingTable())
                return nil
            } catch {
                return error.description
            }
        }
        #expect(reason(bare) == "rate r9 has no currency")
        var dollars = bare
        dollars.currency = .usd
        #expect(reason(dollars) == "rate r9 has no monthly fixed amount")
        dollars.billingType = .hourly
        dollars.hourlyRate = nil
        #expect(reason(dollars) == "rate r9 has no hourly rate")
    }

    // MARK: Rounding

    @Test func theRoundingTableIsASettingByCurrency() throws {
        #expect(try RoundingTable(setting: nil) == RoundingTable())
        #expect(try RoundingTable(setting: "") == RoundingTable())
        let own = try RoundingTable(setting: " VND=500, JPY=1 ,*=0.05")
        #expect(own.unit(of: .vnd) == 500)
        #expect(own.unit(of: Currency("JPY")!) == 1)
        #expect(own.unit(of: .usd) == ExactDecimal("0.05")!)
        #expect(RoundingTable().unit(of: .vnd) == 1000)
        #expect(RoundingTable().unit(of: Currency("EUR")!) == ExactDecimal("0.01")!)
    }

    @Test(arguments: ["VND", "VND=", "VND=0", "VND=-1", "vnd=1000", "USD=0.01;VND=1000", "*=x", "=1", "VND=1=2"])
    func aWrongRoundingTableIsNamed(setting: String) {
        let fault = #expect(throws: RoundingFault.self) { try RoundingTable(setting: setting) }
        #expect(fault?.description.contains(setting) == true)
    }

    // MARK: Words

    @Test(
        arguments: [
            (["Product Designer"], "2025-12", "Design consulting, December 1-31, 2025"),
            (["Operation Executive"], "2026-02", "Operational consulting, February 1-28, 2026"),
            (["operation executive", "UX DESIGN"], "2024-02", "Design consulting, February 1-29, 2024"),
            (["Engineer"], "2025-12", "Software development, December 1-31, 2025"),
            ([], "2025-04", "Software development, April 1-30, 2025"),
            (["Designer"], "no month", "Software development"),
        ] as [([String], String, String)])
    func thePositionsDecideWhatAServiceFeeSays(positions: [String], month: String, text: String) {
        #expect(ServiceFee.description(positions: positions, month: Month(month)) == text)
    }

    @Test func aServiceFeeIsNamedForItsMonth() {
        #expect(ServiceFee.name(.december) == "Service fee for December 2025")
    }

    @Test(arguments: [(1, 10), (15, 25), (0, 10)])
    func theInvoiceIsDueByThePayday(payday: Int, due: Int) {
        #expect(ContractorRate(id: "r", contractor: "ada", payday: payday).invoiceDueDay == due)
    }

    @Test(
        arguments: [
            (.order("o"), "", .serviceFee), (.refund("r"), "", .refund), (nil, "bonus", .extraPayment),
            (.split("s"), "Sales commission", .commission), (.split("s"), "", .commission),
            (.split("s"), "Delivery Lead for kafi", .serviceFee), (.split("s"), "account management", .serviceFee),
            (.split("s"), "Account Management bonus", .commission),
            (.split("s"), "Supplemental pay, delivery lead", .commission),
        ] as [(PayoutSource?, String, PayoutType)])
    func theTypeOfAPayoutFollowsFromItsSource(source: PayoutSource?, description: String, type: PayoutType) {
        #expect(PayoutType(of: source, description: description) == type)
    }

    // MARK: Rates

    @Test func aRateHoldsOnItsFirstAndItsLastDay() {
        let rate = ContractorRate(
            id: "r", contractor: "a", startDate: Day("2025-12-02"), endDate: Day("2025-12-30"), payday: 1)
        let days = ["2025-12-01", "2025-12-02", "2025-12-30", "2025-12-31"].map { rate.isValid(on: Day($0)!) }
        #expect(days == [false, true, true, false])
        #expect(ContractorRate(id: "r", contractor: "a", payday: 1).isValid(on: Day("0001-01-01")!))
    }

    @Test func whatBeganLastIsTriedFirst() {
        let rates = [("b", nil), ("a", nil), ("c", "2025-01-01"), ("d", "2025-06-01"), ("e", "2025-01-01")]
            .map { ContractorRate(id: RateID($0.0), contractor: "x", startDate: $0.1.map { Day($0)! }, payday: 1) }
        #expect(rates.sorted(by: ContractorRate.isPreferred).map(\.id) == ["d", "c", "e", "a", "b"])
    }

    @Test func needsAreMetWhenEachContractorHasARateForEachDay() {
        var needs = RateNeeds()
        #expect(needs.areMet(by: []))
        needs.add("ada", on: Day("2025-11-30")!)
        needs.add("ada", on: Day("2025-12-31")!)
        let late = ContractorRate(id: "2", contractor: "ada", startDate: Day("2025-12-01"), payday: 1)
        #expect(!needs.areMet(by: [late]))
        #expect(needs.areMet(by: [late, ContractorRate(id: "1", contractor: "ada", payday: 1)]))
        #expect(!needs.areMet(by: [ContractorRate(id: "1", contractor: "bob", payday: 1)]))
    }

    @Test func aRateThatBeganWithinTheMonthIsNotEnoughUntilOneFromBeforeIsThere() {
        var needs = RateNeeds()
        needs.add("ada", on: Day("2025-12-31")!)
        let raise = ContractorRate(id: "2", contractor: "ada", startDate: Day("2025-12-15"), payday: 1)
        #expect(!needs.areMet(by: [raise]))
        for before in [nil, Day("2025-01-01")] {
            #expect(
                needs.areMet(by: [raise, ContractorRate(id: "1", contractor: "ada", startDate: before, payday: 1)]))
        }
    }

    // MARK: Settings

    @Test(
        arguments: [
            (nil, 5, 10, false), ("", 5, 10, false), ("7", 7, 7, false), ("20", 20, 20, false), ("1", 1, 1, false),
            ("0", 5, 10, true), ("-3", 5, 10, true), ("21", 20, 20, true), ("many", 5, 10, true),
        ] as [(String?, Int, Int, Bool)])
    func workersAreHeldWithinOneAndTwenty(said: String?, workers: Int, lines: Int, warns: Bool) throws {
        let settings = try PayoutSettings { name in
            [
                PayoutSettings.refunds.name, PayoutSettings.splits.name,
                PayoutSettings.lines.name,
            ].contains(name) ? said : nil
        }
        #expect(settings.workers(for: .refund) == workers)
        #expect(settings.workers(for: .split) == workers)
        #expect(settings.workers(for: .payroll) == 5)
        #expect(settings.linesAtOnce == lines)
        #expect(settings.warnings.count == (warns ? 3 : 0))
        #expect(settings.warnings.allSatisfy { $0.contains("=\(said ?? "") ") })
    }

    @Test(arguments: [("false", 1, 0), ("0", 1, 0), ("TRUE", 10, 0), ("", 10, 0), ("perhaps", 10, 1)])
    func linesAreCompletedOneByOneWhenConcurrencyIsOff(said: String, lines: Int, warnings: Int) throws {
        let settings = try PayoutSettings { $0 == PayoutSettings.concurrency.name ? said : nil }
        #expect(settings.linesAtOnce == lines)
        #expect(settings.warnings.count == warnings)
    }

    // MARK: Parameters

    private func read(_ json: String) throws -> PayoutParameters { try JSON.decode(PayoutParameters.self, from: json) }

    @Test func parametersAreReadByTheirNames() throws {
        #expect(try read("{}") == PayoutParameters())
        #expect(
            try read(#"{"type":"payroll","contractor":" ada ","month":"2025-12","payDay":15,"force":true}"#)
                == PayoutParameters(contractor: "ada", month: .december, payDay: 15, force: true))
        #expect(try read(#"{"type":"contractor_payroll","pay_day":"1","dry_run":true}"#).payDay == 1)
        #expect(try read(#"{"pay_day":"","contractor":"","month":null}"#) == PayoutParameters())
        #expect(try read(#"{"type":"refund","id":"rfd-7"}"#) == PayoutParameters(type: .refund, id: "rfd-7"))
        #expect(try read(#"{"type":"invoice_split"}"#).type == .split)
        #expect(try read(#"{"type":"invoice-split","dryRun":true}"#).dryRun)
        let all = PayoutParameters(contractor: "a", month: .december, payDay: 1, force: true, dryRun: true)
        #expect(try read(JSON.text(all)) == all)
    }

    @Test(arguments: [
        (#"{"type":"salary"}"#, "type"), (#"{"month":"2025-13"}"#, "month"), (#"{"payDay":"soon"}"#, "payDay"),
        (#"{"pay_day":0}"#, "pay_day"), (#"{"pay_day":32}"#, "pay_day"), (#"{"payDay":1,"pay_day":1}"#, "pay_day"),
        (#"{"dryRun":true,"dry_run":true}"#, "dry_run"), (#"{"type":"refund","pay_day":1}"#, "payDay"),
        (#"{"type":"refund","month":"2025-12"}"#, "month"), (#"{"month":"2025-12","type":"refund"}"#, "month"),
        (#"{"type":"invoice_split","payDay":15}"#, "payDay"), (#"{"id":"7"}"#, "id"),
        (#"{"type":"refund","force":true}"#, "force"), (#"{"type":"refund","contractor":"ada"}"#, "contractor"),
        (#"{"colour":"red"}"#, "colour"),
    ])
    func aParameterThatCannotBeMeantIsNamed(json: String, field: String) throws {
        let error = try #require(#expect(throws: JSONError.self) { try read(json) })
        #expect(error.path == field)
    }
}
