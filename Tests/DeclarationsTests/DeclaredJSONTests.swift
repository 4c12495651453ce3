import Declarations
import Foundation
import Testing

struct DeclaredJSONTests {
    @Test(arguments: [
        ("{a: 1, b: [true, null, ~, no], c: }", #"{"a":1,"b":[true,null,null,"no"],"c":null}"#),
        ("['1', \"t\\n\\\"\\\\\\x07\", ä]", "[\"1\",\"t\\n\\\"\\\\\\u0007\",\"ä\"]"),
        (
            "[12345678901234567890, -0, 0.10, 1e5, +7, .5, 5., -.5E-3, 1.5e+3]",
            "[12345678901234567890,-0,0.10,1e5,7,0.5,5,-0.5e-3,1.5e+3]"
        ),
        (
            "[1.2.3, 1e, e5, '-', +, 12:30, 2026-01-01, 1_000, 0b1, ., 1e5.5]",
            #"["1.2.3","1e","e5","-","+","12:30","2026-01-01","1_000","0b1",".","1e5.5"]"#
        ),
        ("[True, FALSE, TRUE, tRUE]", #"[true,false,true,"tRUE"]"#),
        ("|\n  one\n  two\n", #""one\ntwo\n""#),
    ])
    func valuesBecomeJSON(yaml: String, json: String) throws {
        let (text, problems) = decode(yaml) { $0.json() }
        #expect(text == json && problems == [])
        _ = try JSONSerialization.jsonObject(with: Data((text ?? "").utf8), options: .fragmentsAllowed)
    }

    @Test(arguments: [".inf", "-.Inf", ".NaN", "0x1F", "0o17", "007", "-01.5"])
    func numbersThatJSONHasNotAreRefused(yaml: String) {
        let (text, problems) = decode("a: [\(yaml)]") { $0.json() }
        #expect(text == nil)
        #expect(
            problems == [
                "x.yaml:1:5: a[0]: JSON has no number \"\(yaml)\"; write it in plain decimal, or in quotes as a text"
            ])
    }
}
