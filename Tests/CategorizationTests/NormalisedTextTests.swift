import Categorization
import Testing

@Suite struct NormalisedTextTests {
    @Test(arguments: [
        ("PAYPAL *SPOTIFY", "spotify"),
        ("Sq *Blue Bottle Coffee", "blue bottle coffee"),
        ("  TST* Pizza Place", "pizza place"),
        ("POS*", ""),
        ("PAYPAL HOLDINGS", "paypal holdings"),
        ("Café Ñandú, Ücar ÁÉÍÓÚ", "cafe nandu ucar aeiou"),
        ("Cafe\u{301} Britt", "cafe britt"),
        ("AUTO MERCADO S.A.", "auto mercado"),
        ("Walmart S.A. de C.V.", "walmart de"),
        ("Acme Inc.", "acme"),
        ("ACME, LLC", "acme"),
        ("Smith Ltd", "smith"),
        ("Ford Motor Co", "ford motor"),
        ("Co-op Group", "co op group"),
        ("Incoming Coffee", "incoming coffee"),
        ("Shell #123 Heredia", "shell heredia"),
        ("tesco stores 5854", "tesco stores"),
        ("Store 123", "store 123"),
        ("A  -- B\t c", "a b c"),
        ("***", ""),
        ("", ""),
    ])
    func bringsTextIntoTheFormCompared(text: String, expected: String) {
        #expect(NormalisedText(text).description == expected)
    }

    @Test func isAFixedPointOfItself() {
        for text in ["PAYPAL *SPOTIFY 12345", "Café Britt, S.A. #4471", "amzn mktp us*2k4ab", "straße 12"] {
            let once = NormalisedText(text)
            #expect(NormalisedText(once.description) == once)
        }
    }

    @Test(arguments: [
        ("SQ *BLUE BOTTLE COFFEE #12", "blue bottle coffee"),
        ("PAYPAL *H&M ONLINE", "h&m online"),
        ("McDonald's 00412", "mcdonald's"),
        ("COCA-COLA FEMSA S.A.", "coca-cola femsa"),
        ("WALMART STORE 12", "walmart"),
        ("AMAZON *MK4T51", "amazon"),
        ("7 ELEVEN 33215", "7 eleven"),
        ("12345", "12345"),
    ])
    func aMerchantsNameKeepsWhatNamesHave(raw: String, expected: String) {
        #expect(MerchantName.normalised(raw) == expected)
    }
}
