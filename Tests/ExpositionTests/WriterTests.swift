import Exposition
import ExpositionReading
import Linux
import Telemetry
import TestSupport
import Testing

struct WriterTests {
    @Test(arguments: ExpositionFormat.allCases)
    func whatIsWrittenHasNoProblems(_ format: ExpositionFormat) {
        let reader = ExpositionReader.read(ExpositionWriter.bytes(everyKind(), format), format)
        #expect(reader.problems.isEmpty)
        #expect(reader.families.count == everyKind().count)
    }

    @Test func textFormatStandsAsItShould() {
        let families = everyKind().filter {
            $0.description.name == "millrace_calls" || $0.description.name == "millrace_build"
        }
        let text = String(decoding: ExpositionWriter.bytes(families, .text), as: UTF8.self)
        #expect(
            text == #"""
                # HELP millrace_calls_total Calls,\n"quoted" \\ and more.
                # TYPE millrace_calls_total counter
                millrace_calls_total{method="job.submit"} 12
                millrace_calls_total{method="Đà Nẵng \"☃\" \\ \n 😀"} 0.25
                millrace_calls_total{method=""} 9007199254740992
                # HELP millrace_build_info Build.
                # TYPE millrace_build_info gauge
                millrace_build_info{version="1.2.3",commit="abc"} 1

                """#)
    }

    @Test func openMetricsTellsBeginningsUnitsAndExemplars() {
        let text = String(decoding: ExpositionWriter.bytes(everyKind(), .openMetrics), as: UTF8.self)
        for line in [
            #"millrace_calls_total{method="job.submit"} 12 # {correlation_id="c-1 \"x\""} 12 1795262400.250"#,
            #"millrace_calls_created{method="job.submit"} 1795262400.250"#, "# UNIT process_memory_bytes bytes",
            #"millrace_wait_seconds_bucket{queue="a",le="0.01"} 2 # {correlation_id="c-2"} 0.007 1795262400.250"#,
            #"millrace_wait_seconds_bucket{queue="a",le="+Inf"} 4 # {correlation_id="c-2"} 70 1795262400.250"#,
            #"millrace_breaker_state{name="chat",millrace_breaker_state="half_open"} 1"#, "# TYPE millrace_build info",
            "millrace_depth -Inf", "millrace_cache_hit_ratio NaN", "process_memory_bytes 1e+21",
            #"millrace_idle_duration_seconds{quantile="0.5"} NaN"#, "millrace_idle_duration_seconds_count 0",
        ] {
            #expect(text.contains("\n\(line)\n"), "\(line)")
        }
        #expect(text.hasSuffix("\n# EOF\n"))
    }

    @Test func nothingIsWrittenOfAFamilyWithoutSeries() {
        let family = FamilySnapshot(FamilyDescription("a", "A.", .gauge), [])
        #expect(ExpositionWriter.bytes([family], .text).isEmpty)
        #expect(ExpositionWriter.bytes([family], .openMetrics) == Array("# EOF\n".utf8))
    }
}
