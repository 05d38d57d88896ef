import ArgumentParser
import Foundation
import Parley
import ParleyBase

@main
enum Main {
  static func main() {
    StandardStream.prepare()
    do {
      try AvailableMemory.requireAddressSpace()
      try Descriptors.requireForCommand(CommandLine.arguments.dropFirst().first ?? "")
    } catch { fail(error) }
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
    let words = CommandLine.arguments.dropFirst()
    guard let first = words.first, !first.hasPrefix("-") else {
      return ParleyError(.usage, message, remedy: "parley --help lists the commands")
    }
    guard let command = subcommand(first, of: ParleyTool.self) else {
      // Such as `parley check` for `parley study check`.
      let meant = shown(ParleyTool.self).filter { subcommand(first, of: $0) != nil }.map {
        "parley \($0._commandName) \(first)"
      }
      return ParleyError(
        .usage, "there is no command '\(first)'",
        remedy: meant.isEmpty
          ? "use one of \(names(ParleyTool.self))"
          : "did you mean \(meant.map { "'\($0)'" }.joined(separator: " or "))?")
    }
    guard !shown(command).isEmpty else {
      return ParleyError(.usage, message, remedy: "parley \(first) --help shows what it understands")
    }
    let second = words.dropFirst().first.flatMap { $0.hasPrefix("-") ? nil : $0 }
    if let second, subcommand(second, of: command) != nil {
      return ParleyError(.usage, message, remedy: "parley \(first) \(second) --help shows what it understands")
    }
    if let usual = command.configuration.defaultSubcommand {
      return ParleyError(
        .usage, message, remedy: "parley \(first) \(usual._commandName) --help shows what it understands")
    }
    guard let second else {
      return ParleyError(.usage, message, remedy: "parley \(first) --help lists the commands")
    }
    return ParleyError(
      .usage, "there is no command '\(first) \(second)'", remedy: "use one of \(names(command))")
  }

  private static func shown(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
    command.configuration.subcommands.filter { $0.configuration.shouldDisplay }
  }
  private static func subcommand(_ name: String, of command: any ParsableCommand.Type) -> (
    any ParsableCommand.Type
  )? {
    shown(command).first { $0._commandName == name }
  }
  private static func names(_ command: any ParsableCommand.Type) -> String {
    shown(command).map { $0._commandName }.joined(separator: ", ")
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
      CircuitCommand.self, DoctorCommand.self, BenchCommand.self,
      BenchPartyCommand.self,
    ])
}
