import ArgumentParser
import Foundation
import Parley
import ParleyBase

@main
enum Main {
  static func main() {
    StandardStream.prepare()
    Lifeline.hold()
    ProcessHeap.keepFreedMemory()
    do {
      var command = try ParleyTool.parseAsRoot()
      try command.run()
    } catch let error as ParleyError {
      fail(error)
    } catch let code as ExitCode {
      exit(code.rawValue)
    } catch {
      // Help and version come this way too, with exit code 0.
      switch ParleyTool.exitCode(for: error) {
      case .success:
        do { try Console.output(lines: Console.split(ParleyTool.fullMessage(for: error))) } catch { fail(error) }
      case .validationFailure: fail(wrongWords(error))
      default:
        fail(
          SystemFailure.error(
            error, "the system refused something that parley needs",
            remedy: "check disk, permissions and limits (ulimit -a)"))
      }
    }
  }

  private static func fail(_ error: ParleyError) -> Never {
    Console.error(error)
    exit(error.exitCode)
  }

  /// A wrong word on the command line, in the form of all other errors.
  private static func wrongWords(_ error: any Error) -> ParleyError {
    // The parser's own lines; a line end in a word of the command line is escaped with the rest.
    let message = ParleyTool.message(for: error).split(separator: "\n").joined(separator: "; ")
    let commands = ParleyTool.configuration.subcommands.map { $0.configuration }
      .filter { $0.shouldDisplay }.compactMap { $0.commandName }
    guard let first = CommandLine.arguments.dropFirst().first, !first.hasPrefix("-") else {
      return ParleyError(.usage, message, remedy: "parley --help lists the commands")
    }
    guard commands.contains(first) else {
      return ParleyError(
        .usage, "there is no command '\(first)'", remedy: "use one of \(commands.joined(separator: ", "))")
    }
    return ParleyError(
      .usage, message, remedy: "parley \(first) --help shows what it understands")
  }
}

struct ParleyTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parley",
    abstract: "Compute one agreed result over data that nobody shows to anybody.",
    discussion: """
      Start with:   parley demo
      Your own:     parley study init --from mydata.csv > study.yml
                    parley plan study.yml
                    parley run study.yml --data mydata:records=mydata.csv
      Exit codes are listed in docs/exit-codes.md.
      """,
    version: PreparedStudy.version,
    subcommands: [
      DemoCommand.self, IdentityCommand.self, StudyCommand.self, PlanCommand.self, RunCommand.self,
      PartyCommand.self, SignCommand.self, VerifyCommand.self, ReceiptCommand.self, EvidenceCommand.self,
      StateCommand.self,
      DoctorCommand.self, BenchCommand.self,
      BenchPartyCommand.self,
    ])
}
