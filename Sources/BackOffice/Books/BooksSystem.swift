/// What the company's records are kept in.
public enum BooksSystem: String, CaseIterable, Sendable {
    case sqlite, notion

    /// Stands for the setting `Books`.
    public static let variable = "MILLRACE_BACKOFFICE_BOOKS"
}
