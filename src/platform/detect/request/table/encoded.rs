//! Dangerous names in base64, wherever they begin: a name has three spellings by where it falls in its group of three bytes.

use super::super::rule::{INPUT, Rule, Sign, View};
use crate::api::Severity;

pub(in super::super) static RULE: Rule = Rule {
    name: "web.java_injection",
    title: "Java injection",
    class: "code_injection",
    techniques: &["T1190", "T1140"],
    signs: &[Sign {
        name: "class name in base64",
        view: View::Plain,
        parts: INPUT,
        severity: Severity::High,
        confidence: 0.85,
        literals: &[
            "0zw1wbgf", "3aglszwn", "4bwxkzwn", "9yzy5hcg", "amf2ys5s", "amf2yxgu", "aw52b2tl", "aw5zdgfu", "b3jnlmfw",
            "byb2nlc3", "byb3rvdh", "c2nyaxb0", "cc2guaw5", "chjvdg90", "chjvy2vz", "cnvudglt", "czwfudxr", "d2hpbgvj",
            "dbg9uzvr", "dbg9uzxr", "dbgfzc0x", "dbgfzc2x", "dgvtcgxh", "dldfbyb3", "dldhbyb3", "doawxlq2", "doawxly2",
            "eg1szgvj", "gawxld3j", "gawxlv3j", "gb3jdbg9", "gb3jjbg9", "hnterly2", "htbgrly2", "hzxrwcm9", "ic2guaw5",
            "izwfudxr", "j1bnrpbw", "jbg9uzxr", "jbgfzc2x", "jbnn0yw5", "jbnzva2v", "jlyw51dg", "jzac5pbn", "kyxzhec5",
            "kyxzhlmx", "luc3rhbn", "ludm9rzx", "mawxld3j", "mb3jjbg9", "njcmlwde", "njcmlwdg", "nsb25ldh", "nsb25lvh",
            "nsyxnzbg", "nsyxnztg", "nzxrqcm9", "nzxrwcm9", "pbnn0yw5", "pbnzva2v", "pcmcuyxb", "phdmeubg", "phdmf4ln",
            "q2xhc3nm", "q2xhc3ns", "q2xvbmv0", "q2xvbmvu", "qcm90b3r", "qcm9jzxn", "qmvhbnv0", "qnnolmlu", "qyxzhec5",
            "qyxzhlmx", "r2v0chjv", "rlbxbsyx", "rm9yq2xv", "rm9yy2xv", "rmlszvdy", "rmlszxdy", "sdw50aw1", "smf2ys5s",
            "smf2yxgu", "sw52b2tl", "sw5zdgfu", "t3jnlmfw", "ty3jpchr", "u2nyaxb0", "uhjvdg90", "uhjvy2vz", "unvudglt",
            "uzw1wbgf", "v2hpbgvd", "v2hpbgvj", "vcmcuyxb", "vgvtcgxh", "wcm90b3r", "wcm9jzxn", "we1mrgvj", "wg1szgvj",
            "xaglszun", "xaglszwn", "y2xhc3ns", "y2xvbmv0", "ybwxkzwn", "ydw50aw1", "ymvhbnv0", "ynnolmlu", "ytuxezwn",
            "z2v0chjv", "z2v0uhjv", "zm9yy2xv", "zmlszxdy", "zpbgv3cm", "zpbgvxcm", "zvcknsb3", "zvcmnsb3", "zy3jpchr",
        ],
        regex: r#"(?:0zw1wbgf0zxnpbxbs|3aglszwnsb3n1cm|4bwxkzwnvzgvy|9yzy5hcgfjaguuy29tbw9uc|amf2ys5syw5n|amf2yxguc2nyaxb0|aw52b2tlcnryyw5zzm9ybwvy|aw5zdgfudglhdgv0cmfuc2zvcm1lc|aw5zdgfudglhdgvmywn0b3j5|b3jnlmfwywnozs5jb21tb25z|byb2nlc3ncdwlszgvy|byb2nlc3nidwlszgvy|byb3rvdhlwzunsb25lrmfjdg9ye|byb3rvdhlwzvnlcmlhbgl6yxrpb25gywn0b3j5|byb3rvdhlwzwnsb25lzmfjdg9ye|byb3rvdhlwzxnlcmlhbgl6yxrpb25mywn0b3j5|c2nyaxb0zw5naw5l|cc2guaw50zxjwcmv0zx|chjvdg90exblc2vyawfsaxphdglvbmzhy3rvcn|chjvdg90exbly2xvbmvmywn0b3j5|chjvy2vzc2j1awxkzx|cnvudgltz|czwfudxrpbh|d2hpbgvjbg9zdxjl|dbg9uzvryyw5zzm9ybwvy|dbg9uzxryyw5zzm9ybwvy|dbgfzc0xvywrlc|dbgfzc2xvywrlc|dgvtcgxhdgvzaw1wb|dldfbyb3blcnr5|dldhbyb3blcnr5|doawxlq2xvc3vyz|doawxly2xvc3vyz|eg1szgvjb2rlc|gawxld3jpdgvy|gawxlv3jpdgvy|gb3jdbg9zdxjl|gb3jjbg9zdxjl|hnterly29kzx|htbgrly29kzx|hzxrwcm9wzxj0e|ic2guaw50zxjwcmv0zx|izwfudxrpbh|j1bnrpbw|jbg9uzxryyw5zzm9ybwvy|jbgfzc2xvywrlc|jbnn0yw50awf0zuzhy3rvcn|jbnn0yw50awf0zvryyw5zzm9ybwvy|jbnn0yw50awf0zwzhy3rvcn|jbnn0yw50awf0zxryyw5zzm9ybwvy|jbnzva2vydhjhbnnmb3jtzx|jbnzva2vyvhjhbnnmb3jtzx|jlyw51dglsc|jzac5pbnrlcnbyzxrlc|kyxzhec5zy3jpch|kyxzhlmxhbm|luc3rhbnrpyxrldhjhbnnmb3jtzx|luc3rhbnrpyxrlrmfjdg9ye|luc3rhbnrpyxrlvhjhbnnmb3jtzx|luc3rhbnrpyxrlzmfjdg9ye|ludm9rzxj0cmfuc2zvcm1lc|ludm9rzxjucmfuc2zvcm1lc|mawxld3jpdgvy|mb3jjbg9zdxjl|njcmlwdevuz2luz|njcmlwdgvuz2luz|nsb25ldhjhbnnmb3jtzx|nsb25lvhjhbnnmb3jtzx|nsyxnzbg9hzgvy|nsyxnztg9hzgvy|nzxrqcm9wzxj0e|nzxrwcm9wzxj0e|pbnn0yw50awf0zwzhy3rvcn|pbnn0yw50awf0zxryyw5zzm9ybwvy|pbnzva2vydhjhbnnmb3jtzx|pcmcuyxbhy2hllmnvbw1vbn|phdmeubgfuz|phdmf4lnnjcmlwd|q2xhc3nmb2fkzx|q2xhc3nsb2fkzx|q2xvbmv0cmfuc2zvcm1lc|q2xvbmvucmfuc2zvcm1lc|qcm90b3r5cgvdbg9uzuzhy3rvcn|qcm90b3r5cgvjbg9uzwzhy3rvcn|qcm90b3r5cgvtzxjpywxpemf0aw9urmfjdg9ye|qcm90b3r5cgvzzxjpywxpemf0aw9uzmfjdg9ye|qcm9jzxnzqnvpbgrlc|qcm9jzxnzynvpbgrlc|qmvhbnv0awxz|qnnolmludgvychjldgvy|qyxzhec5zy3jpch|qyxzhlmxhbm|r2v0chjvcgvydh|rlbxbsyxrlc0ltcg|rlbxbsyxrlc2ltcg|rm9yq2xvc3vyz|rm9yy2xvc3vyz|rmlszvdyaxrlc|rmlszxdyaxrlc|sdw50aw1l|smf2ys5syw5n|smf2yxguc2nyaxb0|sw52b2tlclryyw5zzm9ybwvy|sw52b2tlcnryyw5zzm9ybwvy|sw5zdgfudglhdgv0cmfuc2zvcm1lc|sw5zdgfudglhdgvgywn0b3j5|sw5zdgfudglhdgvmywn0b3j5|sw5zdgfudglhdgvucmfuc2zvcm1lc|t3jnlmfwywnozs5jb21tb25z|ty3jpchrfbmdpbm|ty3jpchrlbmdpbm|u2nyaxb0rw5naw5l|u2nyaxb0zw5naw5l|uhjvdg90exblc2vyawfsaxphdglvbmzhy3rvcn|uhjvdg90exblq2xvbmvgywn0b3j5|uhjvdg90exblu2vyawfsaxphdglvbkzhy3rvcn|uhjvdg90exbly2xvbmvmywn0b3j5|uhjvy2vzc0j1awxkzx|uhjvy2vzc2j1awxkzx|unvudgltz|uzw1wbgf0zxnjbxbs|uzw1wbgf0zxnpbxbs|v2hpbgvdbg9zdxjl|v2hpbgvjbg9zdxjl|vcmcuyxbhy2hllmnvbw1vbn|vgvtcgxhdgvzaw1wb|vgvtcgxhdgvzsw1wb|wcm90b3r5cgvjbg9uzwzhy3rvcn|wcm90b3r5cgvzzxjpywxpemf0aw9uzmfjdg9ye|wcm9jzxnzynvpbgrlc|we1mrgvjb2rlc|wg1szgvjb2rlc|xaglszunsb3n1cm|xaglszwnsb3n1cm|y2xhc3nsb2fkzx|y2xvbmv0cmfuc2zvcm1lc|ybwxkzwnvzgvy|ydw50aw1l|ymvhbnv0awxz|ynnolmludgvychjldgvy|ytuxezwnvzgvy|z2v0chjvcgvydh|z2v0uhjvcgvydh|zm9yy2xvc3vyz|zmlszxdyaxrlc|zpbgv3cml0zx|zpbgvxcml0zx|zvcknsb3n1cm|zvcmnsb3n1cm|zy3jpchrlbmdpbm)"#,
        hits: &["/p?x=cnVudGltZQ", "/p?x=eHhwcm9jZXNzYnVpbGRlcg"],
        passes: &["/p?x=cHJvY2Vzcw=="],
    }],
};
