import Exposition
import Testing

struct NegotiationTests {
    @Test(
        arguments: [
            (nil, .text), ("", .text), ("*/*", .text), ("text/html, */*;q=0.8", .text), ("text/*", .text),
            ("application/openmetrics-text", .openMetrics), ("application/*", .openMetrics),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", .openMetrics),
            ("application/openmetrics-text;version=\"1.0.0\",text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics),
            // Prometheus 2.42, and one that knows only a draft.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                    + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics
            ),
            ("application/openmetrics-text;version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .text),
            ("application/openmetrics-text;q=0.4, text/plain;q=0.5", .text),
            ("text/plain, application/openmetrics-text", .openMetrics),
            ("text/plain;q=0, */*", .openMetrics), ("application/openmetrics-text;q=0, */*", .text),
            ("APPLICATION/OpenMetrics-Text ; VERSION=1.0.0 ; Q=1", .openMetrics),
            ("application/json", nil), ("text/plain;version=0.0.3", nil), ("*/*;q=0", nil), ("text/plain;q=2", nil),
            ("nonsense", nil), ("application/json, text/*;q=0.001", .text),
        ] as [(String?, ExpositionFormat?)])
    func greatestWeightDecides(_ accept: String?, _ format: ExpositionFormat?) {
        #expect(ExpositionFormat.negotiated(accept: accept) == format)
    }
}
