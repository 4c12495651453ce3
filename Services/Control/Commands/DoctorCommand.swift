import ArgumentParser
import JSONCodec
import Linux
import MillraceProtocol

/// `millctl doctor`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Looks at everything a suite needs, and says what is wrong and what to do.",
        discussion: """
            Services and their versions, units, sockets, permissions, disk, clock, databases, settings. Changes nothing. \
            Ends with 69 when something fails; warnings alone end with 0. On an installed system, best as root. The \
            databases are read through by `millctl check`.
            """)

    @OptionGroup var global: GlobalOptions
    @Flag(help: "Also what is well.") var all = false

    func run() async throws {
        var findings: [Finding] = []
        for service in KnownService.all {
            findings += await ServiceHealth.ask(service, at: global.place).findings(at: global.place)
        }
        let settings = await SettingsAnswer.all(at: global.place)
        findings += await Doctor(place: global.place, now: SystemTime().wall(), settings: settings).findings()
        if global.json {
            JSONOutput.document(findings)
        } else {
            show(findings)
        }
        if findings.contains(where: { $0.verdict == .fail }) { throw Exit.unavailable }
    }

    private func show(_ findings: [Finding]) {
        let terminal = global.terminal
        for finding in findings where all || finding.verdict != .ok {
            let tone: Tone = finding.verdict == .ok ? .good : finding.verdict == .warn ? .warning : .bad
            let word = terminal.paint(finding.verdict.rawValue, tone)
            Output.line("\(word)  \(DisplayText.harmless("\(finding.subject): \(finding.says)"))")
            if let advice = finding.advice { Output.line("      \(advice)") }
        }
        let wrong = findings.count { $0.verdict != .ok }
        Output.line(
            "\(Counted.text(findings.count, "thing")) looked at, \(wrong == 0 ? "all well" : "\(wrong) not well")")
    }
}
