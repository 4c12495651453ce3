import BackOffice
import MillraceService

/// What the back office's settings say of where the company's records are; the other settings there are its own.
struct BooksSetting: ServiceConfiguration {
    var system = BooksSystem.sqlite

    static let keys: [ConfigurationKey<Self>] = [
        .init("Books", "Books", \.system, .choice, "Where the company's records are.")
    ]

    /// What the variables say decides, then the file; and that file.
    ///
    /// A setting that is wrong keeps the worker from starting, and counts as the default here.
    static func read(_ variable: (String) -> String?) -> (system: BooksSystem, file: String) {
        let file = ProgramSettings<Self>.file(of: "backoffice", variable)
        let said = variable(BooksSystem.variable).map { [BooksSystem.variable: $0] } ?? [:]
        return (ProgramSettings<Self>("backoffice", path: file, environment: said).values.system, file)
    }
}
