import Foundation
import Testing

extension CommandTests {
  @Suite("parley study attack") struct StudyAttacks {
    let box: Sandbox
    init() throws {
      box = try Sandbox()
      var draft = Consortium.Draft()
      draft.minimumCell = 5
      try box.write(draft.text, "study.yml")
    }

    @Test func aStudyThatTellsNothing() async throws {
      let attack = try await box.parley("study", "attack", "study.yml", "--trials", "20", "--json")
      attack.succeeded()
      let report = try attack.json()
      #expect(report["trials"] as? Int == 20 && report["seed"] as? Int == 1)
      // It looked at something, and something was withheld.
      #expect(report["numbersShown"] as? Int ?? 0 > 0 && report["numbersWithheld"] as? Int ?? 0 > 0, "\(attack)")
      #expect((report["findings"] as? [Any])?.isEmpty == true, "\(attack)")
    }

    @Test func argumentsThatDoNotFit() async throws {
      let none = try await box.parley("study", "attack", "study.yml", "--trials", "0")
      #expect(none.status == 2, "\(none)")
    }
  }
}
