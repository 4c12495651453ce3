/// Chromium without a window.
public enum HeadlessBrowser {
    private static let program = outsideProgram("chromium", variable: "MILLRACE_CHROMIUM")

    public static var isThere: Bool { program != nil }

    /// Opens a page and does with it what the options say, `--screenshot=FILE` or `--dump-dom` for instance. What it writes stays
    /// in `folder`, one profile for all calls.
    ///
    /// - Throws: ``TestFailure`` also when the page's policy stopped something, or its script failed.
    public static func open(_ page: String, _ options: [String], in folder: TemporaryDirectory) async throws -> Finished
    {
        guard let program else { throw TestFailure("chromium is not installed") }
        let finished = try await run(
            [
                program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                "--disable-dev-shm-usage", "--user-data-dir=\(folder.file("profile"))", "--enable-logging=stderr",
            ] + options + [page], environment: ["TMPDIR": folder.path], within: .seconds(120))
        for trouble in ["Content Security Policy", "Uncaught"] where finished.errors.contains(trouble) {
            throw TestFailure("\(page): \(trouble)\n\(finished.errors)")
        }
        return finished
    }
}
