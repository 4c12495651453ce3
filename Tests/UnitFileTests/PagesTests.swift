import Glibc
import MillraceProtocol
import TestSupport
import Testing

/// The manual pages and the settings files, as they are made of what the programs say of themselves.
@Suite(.enabled(if: RunningSuite.isBuilt, "the executables are not built"))
struct PagesTests {
    private let folder = TemporaryDirectory()
    private let executables: [String]

    init() async throws {
        executables = try #require(text(of: packageRoot + "/Scripts/executables")).split(separator: "\n").map(
            String.init)
        try await check(["python3", packageRoot + "/Scripts/make-pages", Binary.folder, folder.path])
    }

    private func page(_ name: String, _ section: Int) -> String? {
        text(of: folder.file("man/man\(section)/\(name).\(section)"))
    }

    @Test func everyExecutableAndEveryUnitHasAPage() throws {
        for name in executables {
            #expect((page(name, 1) ?? page(name, 8))?.contains(".SH NAME") == true, "\(name)")
        }
        for unit in UnitFile.names(ending: ".service") + UnitFile.names(ending: ".socket") {
            let service = try UnitFile(unit).value("Service", in: "Socket") ?? unit
            #expect(page(unit, 8) == ".so man8/\(service.prefix { $0 != "." }).8\n")
        }
    }

    /// The pages themselves need a program that is not everywhere.
    @Test func whatIsDeclaredInFilesHasAPage() throws {
        let script = try #require(text(of: packageRoot + "/Scripts/make-pages"))
        for subject in ConfigurationFolder.Subject.allCases {
            let entry = try Regex("\\(\"(\\w+)\", \"millrace-\(subject)\", 5, ").firstMatch(in: script)
            let source = try #require(entry?.output[1].substring, "\(subject)")
            #expect(
                text(of: packageRoot + "/Documentation/\(source).md")?.contains("\(subject).d") == true, "\(subject)")
        }
    }

    @Test func everyCommandOfMillctlIsInItsPages() async throws {
        let job = try #require(page("millctl-job", 1))
        #expect(job.contains(".SS \"job submit\"") && job.contains("\\-\\-params"))
        let top = try #require(page("millctl", 1))
        for command in ["status", "job", "schedule", "expense", "completion"] {
            #expect(top.contains("millctl\\-\(command)(1)"), "\(command)")
            #expect(page("millctl-\(command)", 1) != nil, "\(command)")
        }
    }

    /// With every line of the file in force nothing is other than without the file.
    @Test(arguments: UnitFileTests.services) func aSettingsFileShowsEachDefault(_ unit: String) async throws {
        let program = String(unit.prefix { $0 != "." })
        let name = String(program.dropFirst("millrace-".count))
        let shipped = try #require(text(of: folder.file("settings/\(name).conf")))
        let taken = shipped.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("#") && !line.hasPrefix("# ") ? line.dropFirst() : line
        }
        let file = folder.write(taken.joined(separator: "\n"), to: "\(name).conf")
        let command = [Binary.path(program), "--check-config", "--config"]

        let inForce = try await check(command + [file])
        let none = try await check(command + [folder.write("", to: "none.conf")])

        #expect(Self.values(inForce) == Self.values(none))
        #expect(inForce.split(separator: "\n").allSatisfy { !$0.hasSuffix("# default") }, "one is not in the file")
        let reference = try #require(page("millrace-\(name).conf", 5))
        for line in Self.values(none) where line.contains("=") {
            let key = line.prefix { $0 != "=" }
            #expect(reference.contains("\n.B \(key)="), "\(key)")
        }
        #expect(shipped.split(separator: "\n").allSatisfy { $0.hasPrefix("#") || $0.hasPrefix("[") }, "nothing is set")
    }

    /// The settings without where they come from.
    private static func values(_ text: String) -> [String] {
        text.split(separator: "\n").map { line in
            let value = line.prefix { $0 != "#" }
            return String(value.reversed().drop { $0 == " " }.reversed())
        }
    }
}
