import Foundation
import Parley
import ParleyBase
import ParleyNetwork
import ParleyRuntime
import ParleyTesting
import Testing

/// Whom failures over real links count against, in a study whose parties are called like the places of others.
@Suite struct AttributionOverTLSTests {
  private func world(_ cast: Cast) throws -> StatedWorld {
    var world = try StatedWorld(
      cast, names: ["c1": "P2", "c2": "P0", "c3": "P1", "h1": "P4", "h2": "P3", "office": "step-17"])
    world.links = .tls
    return world
  }

  /// What was noticed is told in the study's names, and nobody but `culprit` is counted by anybody.
  private func check(_ run: StatedWorld.Run, _ world: StatedWorld, culprit: Int) {
    for (party, report) in run.reports.enumerated() where party != culprit {
      guard let report else { continue }
      #expect([nil, PartyIndex(culprit)].contains(report.countedAgainst), "\(party): \(report)")
      let suspects = report.reason.origin?.suspects ?? []
      let names = suspects.map { world.names[$0.rawValue] }.joined(separator: " or ")
      #expect(suspects.isEmpty || report.place?.hasPrefix(names) == true, "\(party): \(report)")
      for (index, name) in world.names.enumerated() where !suspects.contains(PartyIndex(index)) {
        // Places have no other names in them: a step has one, and "step-17" is a party here.
        #expect(report.place?.components(separatedBy: ", ").first?.contains(name) != true, "\(party): \(report)")
      }
    }
  }

  @Test(arguments: 0..<3) func aWrongValueIsItsSenders(culprit: Int) throws {
    let world = try world(.apart)
    let office = 5
    let run = world.run(world.changing(.value, from: culprit, to: office))
    let report = try #require(run.reports[office])
    #expect(report.countedAgainst == PartyIndex(culprit) && !report.isCountedForSet, "\(report)")
    #expect(report.place?.hasPrefix(world.names[culprit] + ", ") == true, "\(report)")
    #expect(run.errors[office]?.description.hasPrefix(world.names[culprit] + ", ") == true)
    check(run, world, culprit: culprit)
    let evidence = try #require(report.evidence)
    #expect(evidence.body.accused == [culprit])
    let review = try world.review([evidence])
    #expect(review.conclusion.contains("\(world.names[culprit]) or step-17"), "\(review.conclusion)")
  }

  /// A message of another step or length is its sender's doing, whatever the sender is called.
  @Test(arguments: 0..<3, [Interception.truncate(to: 3), .relabel(StepID(instruction: 77))])
  func aViolationIsItsSenders(culprit: Int, change: Interception) throws {
    let world = try world(.computingRecipient)
    let receiver = (culprit + 1) % 3
    let run = world.run { message in
      message.from.rawValue == culprit && message.to.rawValue == receiver && message.step == ControlStep.statement
        ? change : .pass
    }
    let reports = [receiver].compactMap { run.reports[$0] }
    #expect(reports.contains { $0.countedAgainst == PartyIndex(culprit) && $0.isCountedForSet }, "\(reports)")
    check(run, world, culprit: culprit)
  }

  /// A party that leaves after the first challenge: the session counts for the set, and nobody is blamed, neither the one
  /// that is called as the place of the one that left nor whoever passes the bad news on.
  @Test(arguments: 0..<3) func aLinkThatEndsIsNobodys(victim: Int) throws {
    let world = try world(.computingRecipient)
    let run = world.run(leaving: (victim, .computed))
    for party in 0..<3 where party != victim {
      let report = try #require(run.reports[party])
      #expect(report.countedAgainst == nil && report.isCountedForSet, "\(party): \(report)")
      #expect([.linkLost, .peerAborted].contains(report.reason.code), "\(report)")
      let error = try #require(run.errors[party])
      #expect(error.code.category == "network" || error.code == .peerAborted, "\(error)")
      #expect(error.message.contains("the session is not resumed"), "\(error)")
      let place = try #require(error.place?.item)
      let heardFrom = report.reason.code == .linkLost ? victim : 3 - victim - party
      #expect(place.hasPrefix(world.names[heardFrom]), "\(place)")
    }
    #expect(!run.hasOpened)
  }

  /// Before the first challenge nothing can have been at stake.
  @Test func anEarlyEndIsNotCounted() throws {
    let world = try world(.computingRecipient)
    let run = world.run(leaving: (2, .agreed))
    for party in 0..<2 {
      let report = try #require(run.reports[party])
      #expect(report.countedAgainst == nil && !report.isCountedForSet, "\(report)")
    }
  }

  /// The attack that a count per messenger would serve: one party spoils a share of its own proof, the honest right
  /// verifier ends the session, and the honest left one hears of that from it. Both count the set, to the cap, and have
  /// nothing against each other.
  @Test(.timeLimit(.minutes(4))) func failingSessionsReachTheCapAndSeparateNobody() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/parley-cap-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var world = try world(.computingRecipient)
    let memories = try world.names.indices.map { try StateDirectory(path: folder + "/\($0)") }
    world.memories = memories
    let identities = world.principals.map { bytes(hexadecimal: $0.identity) ?? [] }
    let set = Array(identities.prefix(3))
    let corrupt = 0
    for count in 1...StateDirectory.abortCap {
      let run = world.run { message in
        guard message.from.rawValue == corrupt, MessageClass.of(message) == .proof else { return .pass }
        var bytes = message.bytes
        bytes[0] ^= 1
        return .change(bytes)
      }
      #expect(!run.hasOpened && run.errors[1...2].contains { $0?.code == .cheating }, "\(run.errors)")
      check(run, world, culprit: corrupt)
      for honest in 1...2 {
        #expect(memories[honest].failures(ofSet: set) == count, "\(honest): \(run.errors)")
        for identity in identities { #expect(memories[honest].aborts(identity: identity) == 0, "\(honest)") }
      }
    }
    let refused = world.run()
    // Whoever looks first refuses, which may be the one that deviated; the others may hear of that before they look themselves.
    let told = (0...2).compactMap { refused.errors[$0] }
    #expect(
      told.count == 3 && told.allSatisfy { [.abortCap, .peerAborted].contains($0.code) }, "\(refused.errors)")
    #expect(told.contains { $0.code == .abortCap && $0.message.contains("P2, P0, P1") }, "\(refused.errors)")
    #expect(refused.messages.allSatisfy { $0.step >= StepID.control(0) })
    // What the message advises.
    for memory in memories { try memory.clearFailures(ofSet: set.reversed()) }
    #expect(world.run().errors.allSatisfy { $0 == nil })
  }
}
