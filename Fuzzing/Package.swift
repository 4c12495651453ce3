// swift-tools-version: 6.2
import PackageDescription

// Built by Scripts/fuzz only, which has coverage and the address sanitizer put into everything, the readers too.

func suite(_ product: String) -> Target.Dependency { .product(name: product, package: "millrace") }

/// A program that libFuzzer feeds; its name is fuzz- and that of the reader.
func fuzzer(_ name: String, folder: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: "fuzz-\(name)", dependencies: ["Oracle"] + dependencies, path: "Sources/\(folder)",
        swiftSettings: [
            .treatAllWarnings(as: .error), .enableExperimentalFeature("Lifetimes"),
            // libFuzzer brings the program's entry with it.
            .unsafeFlags(["-parse-as-library"]),
        ])
}

let package = Package(
    name: "fuzzing",
    dependencies: [.package(name: "millrace", path: "..")],
    targets: [
        .target(name: "Oracle", path: "Sources/Oracle", swiftSettings: [.treatAllWarnings(as: .error)]),
        .target(
            name: "Runs", dependencies: ["Oracle", suite("Calendars")], path: "Sources/Runs",
            swiftSettings: [.treatAllWarnings(as: .error)]),
        fuzzer("frames", folder: "Frames", [suite("MillraceProtocol"), suite("JSONCodec")]),
        fuzzer("json", folder: "JSONTexts", [suite("JSONCodec"), suite("Decimals")]),
        fuzzer("calendar", folder: "Calendar", ["Runs", suite("Calendars")]),
        fuzzer("cron", folder: "Cron", ["Runs", suite("Calendars")]),
        fuzzer("zones", folder: "Zones", ["Runs", suite("Calendars")]),
        fuzzer("yaml", folder: "YAML", [suite("Readers"), suite("JSONCodec")]),
        fuzzer("csv", folder: "CSV", [suite("Readers")]),
    ],
    swiftLanguageModes: [.v6]
)
