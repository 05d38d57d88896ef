import Foundation
import ParleyBase
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// Every message of one corrupt computing party in a small logistic model and a small Cox model under `adversary: malicious`, changed once, in a
/// way that is drawn: the session ends without a result or with the right one. A sample is changed by default;
/// `PARLEY_FULL_ATTACKS=1 Scripts/test --filter ModelMutationTests` changes every message.
@Suite struct ModelMutationTests {
  typealias Family = VerifiedReplicatedFamily<UInt64>
  static var isFull: Bool { ProcessInfo.processInfo.environment["PARLEY_FULL_ATTACKS"] == "1" }
  /// How many messages of each kind a sample changes; it is of one party for each model.
  static let sample = 1

  static let models: [AttackedModel] = [
    AttackedModel(kind: .logistic, predictors: "w", more: "iterations: 3, precision: 0.1", rows: 12),
    AttackedModel(kind: .cox, predictors: "w", more: "iterations: 3, precision: 0.1", rows: 12),
  ]
  static let rows = ModelRow.rows(12, seed: 4).enumerated().map { index, row in
    var row = row
    (row.w, row.y, row.died) = (index % 2 == 0, [0, 1, 5, 6, 7, 10].contains(index), index % 4 != 3)
    row.days = 1 + index * 7 % 12
    return row
  }

  @Test(arguments: [0, 1, 2], [ModelKind.logistic, .cox]) func noChangeGoesUnnoticed(
    _ corrupt: Int, _ kind: ModelKind
  ) throws {
    guard Self.isFull || corrupt == (kind == .cox ? 2 : 1) else { return }
    let model = try #require(Self.models.first { $0.kind == kind })
    #expect(try model.verdict(Self.rows) == .shown)
    let seed = 0x5eed_d000 + UInt64(corrupt)
    let world = try model.world(Family(UInt64.self), Self.rows, seed: seed)
    let honest = world.run()
    let values = try #require(honest.values, "\(honest.description)")
    #expect(try model.decoded(values, Self.rows) == model.opened(Self.rows))
    var matrix = MutationMatrix(world, corrupt: PartyIndex(corrupt), expected: values)
    matrix.classify = world.classifier(honest)
    let trials = try matrix.runOnceEach(most: Self.isFull ? nil : Self.sample)
    if Self.isFull {
      print("\(kind), \(corrupt): \(trials.count) messages\n" + MutationMatrix<Family>.table(trials))
    }
    #expect(matrix.offending(trials).isEmpty, "\(matrix.complaint(trials))")
    let missing = Set<MessageClass>([.exchange, .proof, .final, .challenge, .opening]).subtracting(
      trials.map(\.kind))
    #expect(missing.isEmpty, "\(missing)")
  }
}
