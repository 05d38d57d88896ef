import ArgumentParser
import Foundation
import ParleyBase
import ParleyCrypto
import ParleyRuntime
import ParleyStudy

struct StateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state",
    abstract: "Show what a party remembers, forgive a peer after looking into failures, confirm its new folder.",
    discussion:
      "A party whose state folder is lost or was restored from a backup starts a new one and tells the others its id over another channel; each of them confirms it."
  )
  @Option(name: .customLong("as"), help: "Your party's name.") var name: String
  @Option(help: "Folder of the state.") var state: String?
  @Option(help: "Set the count of failed sessions with this party back to 0; needs --study.") var forgive: String?
  @Option(help: "Accept the new state folder of this party from now on; needs --id and --study.") var confirm:
    String?
  @Option(help: "The id of that folder, as 'parley state' prints it there.") var id: String?
  @Option(help: "The study file that names the party's key.") var study: String?

  func run() throws {
    let directory = try StateDirectory(path: state ?? PartyCommand.statePath(name))
    if let confirm {
      guard let study, let id else {
        throw ParleyError(
          .usage, "--confirm needs the id of the new folder and the study that names the party's key",
          remedy: "add --id ID --study FILE")
      }
      try directory.confirm(directory: try GroupedHash.bytes(id), of: try Self.identity(of: confirm, in: study))
      Console.output("\(confirm): its state folder is \(GroupedHash.text(try GroupedHash.bytes(id))) from now on")
      return
    }
    if let forgive {
      guard let study else {
        throw ParleyError(
          .usage, "--forgive needs the study that names the party's key", remedy: "add --study FILE")
      }
      let identity = try Self.identity(of: forgive, in: study)
      Console.output("\(forgive): \(directory.aborts(identity: identity)) failed sessions, now 0")
      try directory.clearAborts(identity: identity)
      return
    }
    Console.output("folder    \(directory.path)")
    Console.output("id        \(GroupedHash.text(directory.stateID))")
    Console.output("attempts  \(directory.attempt)")
    // A release is entered when it begins and when it has happened; one that only began counts as well.
    Console.output("releases  \(Set(directory.releases.map(\.session)).count)")
    for entry in directory.releases {
      Console.output("  \(entry.time)  study \(entry.study.prefix(16))…  \(entry.event.rawValue)")
    }
    guard let study else { return }
    for party in try StudyLoader.load(path: study).parties where party.name != name {
      guard let key = party.key else { continue }
      let identity = Array(key.text.utf8)
      Console.output("failed sessions with \(party.name): \(directory.aborts(identity: identity))")
      if let known = directory.knownDirectory(identity: identity) {
        Console.output(
          "state folder of \(party.name): \(GroupedHash.text(known.id))\(known.isRefused ? ", refused: it was restored or copied" : "")"
        )
      }
    }
  }

  private static func identity(of party: String, in study: String) throws -> [UInt8] {
    guard let key = try StudyLoader.load(path: study).requireParty(party).key else {
      throw ParleyError(.studyNotReady, "the study names no key for \(party)", remedy: "add its key")
    }
    return Array(key.text.utf8)
  }
}
