import Linux
import Testing

@testable import BackOfficeWorker

struct HelpTests {
    @Test func everyVariableThatIsReadStandsInTheHelp() {
        let read = Locked<Set<String>>([])
        _ = BackOfficeSettings(environment: { name in
            read.withLock { _ = $0.insert(name) }
            return nil
        })
        let names = read.withLock { $0 }
        #expect(names.count > 25)
        for name in names.sorted() { #expect(Help.text.contains(name), "\(name)") }
        for variable in BackOfficeSettings.variables { #expect(Help.text.contains("  \(variable.name) ")) }
    }

    @Test func noSettingIsShownAsAnOptionThatIsNotTaken() {
        let shown = Help.text.split(separator: "\n").filter { $0.hasPrefix("  --") }
        #expect(
            shown.map { $0.dropFirst(4).prefix { $0 != " " } } == [
                "connect", "state", "check-config", "version", "help",
            ])
        for key in BackOfficeConfiguration.keys { #expect(Help.text.contains("  \(key.name)=")) }
    }

    @Test(arguments: [
        ("QUEUE_WORKER_TIMEOUT", "soon", "600000"), ("MILLRACE_REHEARSAL_DELAY_MS", "99999999", "60000"),
        ("ENGAGEMENT_BACKOFF_ENABLED", "TRUE", "false"), ("QUEUE_ENABLE_PROGRESS_TRACKING", "perhaps", "true"),
    ])
    func whatDoesNotHoldAsItWasSaidIsSaid(name: String, said: String, holds: String) {
        let warnings = BackOfficeSettings(environment: { $0 == name ? said : nil }).warnings
        #expect(warnings.count == 1)
        #expect(warnings.first?.hasPrefix("\(name)=\(said) is n") == true)
        #expect(warnings.first?.hasSuffix("; \(holds) is used") == true)
    }
}
