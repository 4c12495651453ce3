/// A month of invented timesheets: 20 contractors, three projects each.
public enum SampleBooks {
    /// CSV in the columns an import of timesheets looks for. The same month gives the same bytes.
    public static func timesheetsCSV(month: Month) -> [UInt8] { fatalError() }
}
