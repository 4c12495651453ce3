import Linux
import MillraceService

/// What `--help` prints; the manual page is made from it.
enum Help {
    static var text: String {
        [usage, variables, rest, ProgramSettings<BackOfficeConfiguration>.reference("backoffice")]
            .joined(separator: "\n\n")
    }

    private static let usage = """
        millrace-backoffice: the ready workloads, as a worker of millrace-runner

        Usage: millrace-backoffice [--connect PATH] [--state DIR]

        The runner starts this program by itself. By hand it works for the runner whose socket is at PATH.

          --connect PATH    The runner's socket, for instance /run/millrace/runner.sock.
          --state DIR       The suite's folder. Also $MILLRACE_STATE.
          --check-config    Print each setting of backoffice.conf in effect and where it came from, and what is wrong with
                            them and with the environment, then exit: 0, or 78 for mistakes.
          --version         Print the version and exit.
          --help            Print this and exit.
        """

    private static var variables: String {
        let all = BackOfficeSettings.variables
        let width = all.map(\.name.count).max() ?? 0
        var lines = ["Settings, from the environment:"]
        for variable in all {
            var line = "  \(variable.name)\(String(repeating: " ", count: width - variable.name.count)) "
            for word in variable.text.split(separator: " ") {
                if line.count + word.count > lineWidth {
                    lines.append(line)
                    line = String(repeating: " ", count: width + 3)
                }
                line += " \(word)"
            }
            lines.append(line)
        }
        return lines.joined(separator: "\n")
    }

    private static let lineWidth = 120

    private static let rest = """
        Credentials, laid out by the service manager or files in etc/credentials of the suite's folder:
          notion-token                      For Books=notion.
          openrouter-api-key                For summaries by the chat service, and to ask it about merchants
                                            where categorizer.conf has a ChatBudget.
          clinic-login                      user:password for calendars of clinics that name no other.
          smtp-password                     For MailUser.

        Settings in backoffice.conf, in /etc/millrace or etc of the suite's folder, each also in the environment:
        """
}
