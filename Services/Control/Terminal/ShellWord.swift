/// A word as a shell takes it.
enum ShellWord {
    static func quoted(_ word: String) -> String {
        let harmless = word.utf8.allSatisfy { byte in
            let scalar = Unicode.Scalar(byte)
            return scalar.properties.isAlphabetic && byte < 0x80 || (0x30...0x39).contains(byte)
                || "/._-+:,@%=".unicodeScalars.contains(scalar)
        }
        if harmless && !word.isEmpty { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
