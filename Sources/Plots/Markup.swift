/// Parts of SVG and HTML texts.
public enum Markup {
    /// For text and for attributes in quotes of either kind.
    public static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            // XML has no other control characters than blanks and ends of lines.
            case _ where scalar.value < 0x20 && scalar != "\n" && scalar != "\t": result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A coordinate, to a tenth.
    static func short(_ value: Double) -> String { value.isFinite ? ShortText.fixed(value, 1) : "0" }

    /// The beginning of a picture. It scales with its place and says what it shows.
    static func svg(
        width: Double, height: Double, title: String, standsAlone: Bool = false, class name: String = "plot"
    ) -> String {
        let size = standsAlone ? #" width="\#(short(width))" height="\#(short(height))""# : ""
        let head =
            #"<svg xmlns="http://www.w3.org/2000/svg" class="\#(name)" role="img" viewBox="0 0 \#(short(width)) \#(short(height))"\#(size) aria-label="\#(escaped(title))">"#
        return standsAlone
            ? head + "<style>\(style)</style><rect width=\"100%\" height=\"100%\" class=\"plot-ground\"/>" : head
    }

    /// Colours that people with colour-blindness can tell apart (Okabe and Ito), for light and dark.
    static let style = """
        .plot{font:12px system-ui,sans-serif}.plot-ground{fill:#fff}.plot-title{font-weight:600;fill:#1b1f24}\
        .plot-tick,.plot-empty{fill:#57606a}.plot-grid{stroke:#d8dee4}.plot-limit{stroke:#b42318;stroke-dasharray:4 3}\
        .plot-line{fill:none;stroke-width:2;stroke:currentColor}.plot-band{stroke:none;fill:currentColor;opacity:.18}\
        .plot-0{color:#0072b2}.plot-1{color:#d55e00}.plot-2{color:#009e73}.plot-3{color:#cc79a7}.plot-4{color:#946c00}\
        .plot-5{color:#4a5568}@media(prefers-color-scheme:dark){.plot-ground{fill:#0f1419}.plot-title{fill:#e6edf3}\
        .plot-tick,.plot-empty{fill:#9aa7b4}.plot-grid{stroke:#2a323c}.plot-limit{stroke:#ff7b72}.plot-0{color:#56b4e9}\
        .plot-1{color:#ff9e4a}.plot-2{color:#3ddbb0}.plot-3{color:#e8a6cb}.plot-4{color:#f0e442}.plot-5{color:#a0aec0}}
        """
}
