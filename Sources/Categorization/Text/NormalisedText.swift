/// A text in the form in which texts are compared: without processor tags, accents, company suffixes and numbers that
/// name a store or a booking; lower case, words parted by one blank.
///
/// ```
/// "PAYPAL *SPOTIFY"         → "spotify"
/// "Café Britt, S.A. #4471"  → "cafe britt"
/// ```
///
/// Processor tags are taken off first: once asterisks are gone they could not be told from a name.
public struct NormalisedText: Hashable, Sendable, CustomStringConvertible {
    /// The Unicode scalars of the text.
    public let letters: [UInt32]

    public init(_ text: String) {
        var letters = Letters.lowered(text)
        Letters.dropProcessorTag(&letters)
        letters = Letters.droppingSuffixes(letters)
        Letters.blankStoreNumbers(&letters)
        Letters.dropTrailingNumber(&letters)
        self.letters = Letters.words(letters)
    }

    public var isEmpty: Bool { letters.isEmpty }
    public var count: Int { letters.count }

    /// The words in their order.
    public var words: [ArraySlice<UInt32>] { letters.split(separator: Letters.blank) }

    public var description: String { Letters.string(letters) }
}
