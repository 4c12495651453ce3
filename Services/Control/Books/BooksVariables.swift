import BackOffice
import Linux
import MillraceService

/// The variables of the environment that say where the books are and what they are kept in, as the services of a suite have them.
enum BooksVariables {
    private static let path = "MILLRACE_BOOKS"
    private static let all = [path, BooksSystem.variable, ProgramSettings<BooksSetting>.fileVariable(of: "backoffice")]

    /// What `environment` says decides, then what a suite without systemd was started with.
    static func of(_ place: Place, _ environment: @escaping (String) -> String?) -> (String) -> String? {
        var known: [String: String] = [:], suite: String?
        if case .state(let state) = place { (known, suite) = (noted(state), state.path) }
        return { [known, suite] name in
            if name == "MILLRACE_STATE" { return suite }
            return Environment.text(name, environment) ?? known[name]
        }
    }

    /// Writes down what they are for a suite that is started now, for those who are called without them.
    static func note(_ state: StateDirectory, environment: [String: String]) throws(SystemError) {
        let said = all.compactMap { name -> String? in
            guard let value = environment[name], !value.isEmpty else { return nil }
            return "\(name)=\(name == BooksSystem.variable ? value : Files.absolute(value))\0"
        }
        if !said.isEmpty {
            try Files.write(state.booksVariables, said.joined(), mode: 0o600)
        } else if Files.exists(state.booksVariables) {
            try Files.remove(state.booksVariables)
        }
    }

    private static func noted(_ state: StateDirectory) -> [String: String] {
        // Whoever may not read it may not open what lies beside it either, and hears so then.
        guard let text = try? Files.readText(state.booksVariables, limit: 32_768) else { return [:] }
        let pairs = text.split(separator: "\0").compactMap { said -> (String, String)? in
            guard let equals = said.firstIndex(of: "=") else { return nil }
            return (String(said[..<equals]), String(said[equals...].dropFirst()))
        }
        return Dictionary(pairs) { $1 }
    }
}
