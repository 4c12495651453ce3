import Linux

/// What a service says of its settings.
struct SettingsAnswer: Sendable {
    /// Its name.
    var service: String
    /// What it was asked with, as a person types it.
    var command: String
    var answer: Result<ProgramAnswer, any Error>

    /// Asks each service whose program is in the folder, once.
    static func all(at place: Place, in folder: String = OwnExecutable.folder) async -> [SettingsAnswer] {
        var all: [SettingsAnswer] = []
        for installed in InstalledService.all(in: folder) {
            let question = [installed.executable] + place.words + ["--check-config"]
            let answer: Result<ProgramAnswer, any Error>
            do {
                answer = .success(try await ProgramAnswer.of(question, within: Doctor.patience))
            } catch {
                answer = .failure(error)
            }
            let command = question.map(ShellWord.quoted).joined(separator: " ")
            all.append(SettingsAnswer(service: installed.service.name, command: command, answer: answer))
        }
        return all
    }

    /// Whether they are right.
    var finding: Finding {
        let subject = "settings of \(service)"
        switch answer {
        case .success(let answer) where answer.status.isSuccess: return .ok(subject, "right")
        case .success(let answer):
            let mistakes = (answer.output + answer.errors).split(separator: "\n").joined(separator: "; ")
            return .fail(subject, mistakes, command)
        case .failure(let error): return .warn(subject, "were not judged: \(error)", command)
        }
    }

    /// Those in effect, a line each; empty where it did not answer.
    var text: String {
        if case .success(let answer) = answer { answer.output } else { "" }
    }
}
