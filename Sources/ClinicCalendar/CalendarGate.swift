public import WebClient

/// What lets the requests of a calendar through: the budget of the task that makes them.
///
/// A session outlives the job that opened it, and the job that uses it is the one whose permits are asked.
public enum CalendarGate {
    @TaskLocal public static var current: any CallGate = OpenGate()
}
