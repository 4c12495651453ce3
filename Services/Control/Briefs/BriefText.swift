import BackOffice
import JSONCodec
import Linux
import MillraceProtocol

/// Briefs for people.
enum BriefText {
    static func plan(_ job: JobView, _ terminal: Terminal) -> [String] {
        // A result of another form is shown as that of any job.
        guard let result = try? job.result?.decode(JSONValue.self) else { return JobWaiting.summary(of: job, terminal) }
        var lines: [String] = []
        if let due = result["due"]?.elements {
            var table = Table([.text("Person", shrinksTo: 12), .text("At"), .text("Day"), .text("Zone"), .text("Why")])
            for brief in due {
                table.add([
                    Table.Cell(brief["user"]?.stringValue ?? ""),
                    Table.Cell(brief["at"]?.stringValue.flatMap { Timestamp($0) }?.short ?? ""),
                    Table.Cell(brief["date"]?.stringValue ?? ""), Table.Cell(brief["timezone"]?.stringValue ?? ""),
                    Table.Cell(brief["isReengagement"] == true ? "after an absence" : "due"),
                ])
            }
            for left in result["leftOut"]?.elements ?? [] {
                table.add([
                    Table.Cell(left["user"]?.stringValue ?? "", .quiet), Table.Cell("none"), Table.Cell(""),
                    Table.Cell(""),
                    Table.Cell(left["reason"]?.stringValue ?? "", .quiet),
                ])
            }
            lines = due.isEmpty && result["leftOut"]?.elements?.isEmpty != false ? [] : table.lines(for: terminal)
            lines.append("\(Counted.text(due.count, "brief")) within the hour; nothing was queued")
        } else {
            lines.append("\(Counted.text(result["queued"]?.intValue ?? 0, "brief")) queued")
            for failed in result["failed"]?.elements ?? [] {
                let text = "\(failed["user"]?.stringValue ?? ""): \(failed["reason"]?.stringValue ?? "")"
                lines.append(terminal.paint(DisplayText.harmless(text), .bad))
            }
        }
        return lines
    }

    static func brief(_ brief: BriefView, _ terminal: Terminal) -> [String] {
        var facts = Facts()
        facts.add("Person", brief.person)
        facts.add("Day", brief.day.description)
        facts.add("State", brief.status, brief.status == "failed" ? .bad : .plain)
        facts.add("Planned for", brief.plannedFor?.short)
        if brief.status == "processing" { facts.add("Step", "\(brief.step), \(brief.progress) %") }
        facts.add("Error", brief.error, .bad)
        if let mail = brief.mail {
            facts.add("Mail", mail.text, mail.error == nil ? .plain : .bad)
        }
        facts.add("First", brief.actions.joined(separator: "; "))
        facts.add("In short", brief.analysis)
        let text = brief.content.split(separator: "\n", omittingEmptySubsequences: false)
        return facts.lines(for: terminal)
            + (brief.content.isEmpty ? [] : [""] + text.map { DisplayText.harmless(String($0)) })
    }
}

extension BriefView: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("user", person)
            $0.member("date", day.description)
            $0.member("status", status)
            $0.member("step", step)
            $0.member("progress", progress)
            $0.member("plannedFor", ifPresent: plannedFor)
            $0.member("priorityActions", actions)
            $0.member("analysis", ifPresent: analysis)
            $0.member("error", ifPresent: error)
            $0.member("mail", ifPresent: mail)
            $0.member("content", content)
        }
    }
}

extension BriefView.Mail {
    var text: String {
        let why = error.map { ": \($0)" } ?? ""
        return switch status {
        case .pending: "waits since \(changedAt.short)\(why)"
        case .sending: "on its way since \(changedAt.short), perhaps gone\(why)"
        case .sent: "sent \(changedAt.short)"
        case .failed: "not sent\(why)"
        case .cancelled: "not sent\(why)"
        }
    }
}

extension BriefView.Mail: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("status", status.rawValue)
            $0.member("at", changedAt)
            $0.member("error", ifPresent: error)
        }
    }
}
