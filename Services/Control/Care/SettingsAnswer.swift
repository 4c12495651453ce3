import Glibc
import Linux
import MillraceProtocol

/// What a program says of its settings, and of what it is declared to do.
struct SettingsAnswer: Sendable {
    /// Its name: that of a service, or "backoffice".
    var service: String
    /// What it was asked with, as a person types it.
    var command: String
    var answer: Result<ProgramAnswer, any Error>

    /// Every program of the suite that has settings: the services, and the worker with the ready workloads.
    static let programs = KnownService.all.map(\.name) + ["backoffice"]

    /// Asks each program that is in the folder, once, with the rights of the user as whom it runs: what root may read and
    /// start, the service may not.
    static func all(at place: Place, in folder: String = OwnExecutable.folder) async -> [SettingsAnswer] {
        await all(at: place, in: folder, as: place == .system ? ServiceUser.all() : [:])
    }

    /// - Parameter users: by the names of services; whose is left out is asked with our rights.
    static func all(at place: Place, in folder: String, as users: [String: ServiceUser]) async -> [SettingsAnswer] {
        var all: [SettingsAnswer] = []
        for name in programs {
            let path = "\(folder)/millrace-\(name)"
            guard access(path, X_OK) == 0 else { continue }
            // The runner starts what is no service.
            let user = users[name] ?? users[KnownService.runner.name]
            let question = (user?.words ?? []) + [path] + place.words + ["--check-config"]
            let answer: Result<ProgramAnswer, any Error>
            do {
                answer = .success(try await ProgramAnswer.of(question, within: Doctor.patience))
            } catch {
                answer = .failure(error)
            }
            let command = question.map(ShellWord.quoted).joined(separator: " ")
            all.append(SettingsAnswer(service: name, command: command, answer: answer))
        }
        return all
    }

    /// Whether they are right.
    var finding: Finding {
        let subject = "settings of \(service)"
        switch answer {
        case .success(let answer) where answer.status.isSuccess: return .ok(subject, "right")
        case .success(let answer):
            return .fail(subject, Self.mistakes(answer), command)
        case .failure(let error): return .warn(subject, "were not judged: \(error)", command)
        }
    }

    /// The mistakes alone, and all it complained of where it named none.
    private static func mistakes(_ answer: ProgramAnswer) -> String {
        let lines = answer.errors.split(separator: "\n")
        let mistakes = lines.filter { $0.hasPrefix(mark) }.map { $0.dropFirst(mark.count) }
        let told = (mistakes.isEmpty ? lines : mistakes).joined(separator: "; ")
        return told.isEmpty ? "were not judged: it ended with \(answer.status)" : told
    }

    /// What a mistake begins with among what a program complains of.
    private static let mark = "error: "

    /// Those in effect, a line each; empty where it did not answer.
    var text: String {
        if case .success(let answer) = answer { answer.output } else { "" }
    }
}
