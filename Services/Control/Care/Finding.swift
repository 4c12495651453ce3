import JSONCodec
import MillraceProtocol

/// One thing that `millctl doctor` looked at, and what to do where it is not well.
struct Finding: Sendable, JSONEncodable {
    var subject: String
    var verdict: ServiceStatus.Verdict
    /// What was seen.
    var says: String
    /// What to do; nil where nothing is to be done.
    var advice: String?

    static func ok(_ subject: String, _ says: String) -> Finding { Finding(subject: subject, verdict: .ok, says: says) }

    static func warn(_ subject: String, _ says: String, _ advice: String) -> Finding {
        Finding(subject: subject, verdict: .warn, says: says, advice: advice)
    }

    static func fail(_ subject: String, _ says: String, _ advice: String) -> Finding {
        Finding(subject: subject, verdict: .fail, says: says, advice: advice)
    }

    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("subject", subject)
            $0.member("verdict", verdict)
            $0.member("says", says)
            $0.member("advice", ifPresent: advice)
        }
    }
}

extension ServiceHealth {
    /// What a service says of itself.
    func findings(at place: Place) -> [Finding] {
        let subject = "service \(service.name)"
        switch answer {
        case .failure where isAbsent: return [.ok(subject, "absent, which it may be")]
        case .failure(let failure): return [.fail(subject, failure.message, place.startCommand)]
        case .success(let answer):
            let status = answer.value
            var found: [Finding] = []
            if status.version != MillraceVersion.current {
                let restart =
                    place == .system
                    ? "systemctl restart \(service.unit)" : "\(place.stopCommand); \(place.startCommand)"
                found.append(
                    .warn(subject, "is version \(status.version), millctl is \(MillraceVersion.current)", restart))
            }
            for check in status.checks where check.verdict != .ok {
                found.append(
                    Finding(
                        subject: subject, verdict: check.verdict,
                        says: "\(check.name): \(check.reason ?? check.verdict.rawValue)",
                        advice: check.verdict == .fail ? "millctl logs --lines 50\(place.option)" : nil))
            }
            return found.isEmpty ? [.ok(subject, status.statusLine)] : found
        }
    }
}
