import Glibc
import Linux

/// What may be done with an output: colours, redrawing, and how wide a line may be.
struct Terminal: Sendable {
    /// Whether a person looks at it, so that lines may be redrawn.
    var isInteractive: Bool
    var paint: Paint
    /// Columns that fit on a line; nil when nothing bounds it, as in a pipe.
    var width: Int?
    /// Whether characters beyond ASCII are understood.
    var isUnicode: Bool

    init(isInteractive: Bool, colour: Bool, width: Int?, isUnicode: Bool) {
        self.isInteractive = isInteractive
        self.paint = Paint(colour: colour)
        self.width = width
        self.isUnicode = isUnicode
    }

    /// Looks at the descriptor and at `COLUMNS`, `TERM`, `NO_COLOR`, `LC_ALL`, `LC_CTYPE` and `LANG`.
    init(descriptor: Int32, noColor: Bool, environment: (String) -> String? = { Environment[$0] }) {
        let isInteractive = isatty(descriptor) == 1 && environment("TERM") != "dumb"
        self.init(
            isInteractive: isInteractive,
            colour: isInteractive && !noColor && (environment("NO_COLOR") ?? "").isEmpty,
            width: Self.width(of: descriptor, columns: environment("COLUMNS")),
            isUnicode: Self.isUnicode(environment))
    }

    /// `COLUMNS` decides; else what the terminal says; nil for a pipe or file.
    static func width(of descriptor: Int32, columns: String?) -> Int? {
        if let columns, let width = Int(columns), width > 0 { return width }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    static func isUnicode(_ environment: (String) -> String?) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(environment).first { !$0.isEmpty } ?? ""
        let name = locale.lowercased()
        return name.hasSuffix("utf-8") || name.hasSuffix("utf8")
    }
}
