import ArgumentParser
import Foundation
import Parley
import ParleyBase

@main
enum Main {
  static func main() {
    do {
      var command = try ParleyTool.parseAsRoot()
      try command.run()
    } catch let error as ParleyError {
      Console.error(error.description)
      exit(error.exitCode)
    } catch {
      // Help and version come this way too, with exit code 0; a wrong word on the command line is 64.
      ParleyTool.exit(withError: error)
    }
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
                    parley run study.yml --data holder:table=mydata.csv
      Exit codes are listed in docs/exit-codes.md.
      """,
    version: PreparedStudy.version,
    subcommands: [
      DemoCommand.self, IdentityCommand.self, StudyCommand.self, PlanCommand.self, RunCommand.self,
      PartyCommand.self, SignCommand.self, VerifyCommand.self, DoctorCommand.self, BenchCommand.self,
      BenchPartyCommand.self,
    ])
}
