import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore

/// What `millctl support` prints. Only what is listed here gets into it: names of ours, states and numbers. Texts that may
/// quote somebody's data, such as reasons and mistakes, stay out.
struct SupportReport: JSONEncodable {
    var takenAt: Timestamp
    var place: Place
    var health: [ServiceHealth]
    var findings: [Finding]
    var settings: [SettingsAnswer]

    /// Asks everybody, each once.
    ///
    /// - Parameter folder: where the programs of the services are.
    static func taken(
        at place: Place, now: Timestamp, programs folder: String = OwnExecutable.folder
    ) async -> SupportReport {
        var health: [ServiceHealth] = []
        for service in KnownService.all { health.append(await ServiceHealth.ask(service, at: place)) }
        let settings = await SettingsAnswer.all(at: place, in: folder)
        let findings = await Doctor(place: place, now: now, settings: settings).findings()
        return SupportReport(takenAt: now, place: place, health: health, findings: findings, settings: settings)
    }

    func encode(to json: inout JSONWriter) {
        json.object { json in
            json.member("version", MillraceVersion.current)
            json.member("takenAt", takenAt)
            json.member("underSystemd", place == .system)
            json.member("machine") { Self.machine(&$0) }
            json.member("services") { json in
                json.array { json in for one in health { Self.service(one, &json) } }
            }
            json.member("findings") { json in
                json.array { json in
                    for finding in findings {
                        json.object {
                            $0.member("subject", place.anonymous(finding.subject))
                            $0.member("verdict", finding.verdict)
                        }
                    }
                }
            }
            json.member("databases") { json in
                json.array { json in
                    for (database, file) in SuiteDatabase.present(at: place) { Self.database(database, file, &json) }
                }
            }
            json.member("settings") { json in
                json.object { json in
                    for one in settings { json.member(one.service) { Self.settings(one.text, &$0) } }
                }
            }
        }
    }

    private static func machine(_ json: inout JSONWriter) {
        var names = utsname()
        uname(&names)
        let kernel = withUnsafeBytes(of: names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        json.object {
            $0.member("kernel", kernel)
            $0.member("processors", Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
            $0.member("memoryBytes", Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE))))
        }
    }

    private static func service(_ health: ServiceHealth, _ json: inout JSONWriter) {
        json.object { json in
            json.member("name", health.service.name)
            guard case .success(let answer) = health.answer else {
                return json.member("state", health.isAbsent ? "absent" : "down")
            }
            let status = answer.value
            json.member("state", status.state)
            json.member("version", status.version)
            json.member("uptimeMs", status.uptimeMs)
            json.member("connections", status.connections)
            json.member("inFlight", status.inFlight)
            json.member("checks") { json in
                json.object { json in for check in status.checks { json.member(check.name, check.verdict) } }
            }
            json.member("figures", status.figures)
        }
    }

    private static func database(_ database: SuiteDatabase, _ file: DatabaseFile, _ json: inout JSONWriter) {
        let verdict = DatabaseVerdict(database, file, isDeep: false)
        json.object { json in
            json.member("name", database.name)
            json.member("schema", ifPresent: verdict.schema)
            json.member("bytes", ifPresent: verdict.bytes)
            json.member("free", ifPresent: verdict.free)
            // One that cannot be read has no rows to count; that it cannot is among the findings.
            let counts = (try? file.rowCounts()) ?? []
            json.member("rows") { json in
                json.object { json in for (table, rows) in counts { json.member(table, rows) } }
            }
        }
    }

    /// Those that are not the default; of one that is neither a number nor yes or no only that it is set.
    private static func settings(_ text: String, _ json: inout JSONWriter) {
        json.object { json in
            for line in text.split(separator: "\n") {
                guard let equals = line.firstIndex(of: "="), let hash = line.lastIndex(of: "#"), equals < hash,
                    !line[hash...].hasSuffix("default")
                else { continue }
                let value = line[line.index(after: equals)..<hash].split(separator: " ").joined(separator: " ")
                let isPlain =
                    value == "yes" || value == "no" || value.utf8.first.map { (0x30...0x39).contains($0) } == true
                json.member(String(line[..<equals]), isPlain && value.utf8.count < 24 ? value : "set")
            }
        }
    }
}

extension Place {
    /// Without the folder of a suite without systemd, which may bear somebody's name.
    func anonymous(_ text: String) -> String {
        guard case .state(let state) = self, let range = text.firstRange(of: state.path) else { return text }
        return "\(text[..<range.lowerBound])DIR\(text[range.upperBound...])"
    }
}
