import BackOffice
import Linux
import MillraceService

/// What the back office's settings say of where the company's records are; the other settings there are its own.
struct BooksSetting: ServiceConfiguration {
    var system = BooksSystem.sqlite

    static let keys: [ConfigurationKey<Self>] = [
        .init("Books", "Books", \.system, .choice, "Where the company's records are.")
    ]

    /// The setting of the suite at `place`: what variables say here decides, then what they said when it was started, then the
    /// file; and that file.
    ///
    /// One that is wrong keeps the worker from starting, and counts as the default here.
    static func read(at place: Place, _ environment: (String) -> String?) -> (system: BooksSystem, file: String) {
        var noted: [String: String] = [:]
        if case .state(let state) = place { noted = Self.noted(state) }
        var variables: [String: String] = [:]
        for name in [BooksSystem.variable, BooksSystem.fileVariable] {
            variables[name] = environment(name).flatMap { $0.isEmpty ? nil : $0 } ?? noted[name]
        }
        if case .state(let state) = place { variables["MILLRACE_STATE"] = state.path }
        let file = BooksSystem.settingsFile { variables[$0] }
        return (ProgramSettings<Self>("backoffice", path: file, environment: variables).values.system, file)
    }

    /// Writes down what the variables of a suite that is started now say, for those who are called without them.
    static func note(_ state: StateDirectory, environment: [String: String]) throws(SystemError) {
        let lines = [BooksSystem.variable, BooksSystem.fileVariable].compactMap { name -> String? in
            guard let value = environment[name], !value.isEmpty else { return nil }
            return "\(name)=\(name == BooksSystem.fileVariable ? Files.absolute(value) : value)\n"
        }
        if !lines.isEmpty {
            try Files.write(state.booksSystemNote, lines.joined(), mode: 0o600)
        } else if Files.exists(state.booksSystemNote) {
            try Files.remove(state.booksSystemNote)
        }
    }

    private static func noted(_ state: StateDirectory) -> [String: String] {
        guard let text = try? Files.readText(state.booksSystemNote, limit: 16_384) else { return [:] }
        let pairs = text.split(separator: "\n").compactMap { line -> (String, String)? in
            guard let equals = line.firstIndex(of: "=") else { return nil }
            return (String(line[..<equals]), String(line[equals...].dropFirst()))
        }
        return Dictionary(pairs) { $1 }
    }
}
