import ArgumentParser
import Foundation
import ParleyBase
import ParleyCrypto
import ParleyRuntime
import ParleyStudy

struct StateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state", abstract: "Show what a party remembers, and forgive a peer after looking into failures.")
  @Option(name: .customLong("as"), help: "Your party's name.") var name: String
  @Option(help: "Folder of the state.") var state: String?
  @Option(help: "Set the count of failed sessions with this party back to 0; needs --study.") var forgive: String?
  @Option(help: "The study file that names the party's key.") var study: String?

  func run() throws {
    let directory = try StateDirectory(path: state ?? PartyCommand.statePath(name))
    if let forgive {
      guard let study else {
        throw ParleyError(
          .usage, "--forgive needs the study that names the party's key", remedy: "add --study FILE")
      }
      let party = try StudyLoader.load(path: study).requireParty(forgive)
      guard let key = party.key else {
        throw ParleyError(.studyNotReady, "the study names no key for \(forgive)", remedy: "add its key")
      }
      let identity = Array(key.text.utf8)
      Console.output("\(forgive): \(directory.aborts(identity: identity)) failed sessions, now 0")
      try directory.clearAborts(identity: identity)
      return
    }
    Console.output("folder    \(directory.path)")
    Console.output("attempts  \(directory.attempt)")
    // A release is entered when it begins and when it has happened; one that only began counts as well.
    Console.output("releases  \(Set(directory.releases.map(\.session)).count)")
    for entry in directory.releases {
      Console.output("  \(entry.time)  study \(entry.study.prefix(16))…  \(entry.event.rawValue)")
    }
    guard let study else { return }
    for party in try StudyLoader.load(path: study).parties where party.name != name {
      guard let key = party.key else { continue }
      Console.output("failed sessions with \(party.name): \(directory.aborts(identity: Array(key.text.utf8)))")
    }
  }
}
