//! Code and classes of Java.

use super::super::rule::{ALL, INPUT, Rule, Sign, View};
use crate::api::Severity;

pub(in super::super) static RULE: Rule = Rule {
    name: "web.java_injection",
    title: "Java injection",
    class: "code_injection",
    techniques: &["T1190", "T1059"],
    signs: &[
        Sign {
            name: "class that runs something",
            view: View::Plain,
            parts: ALL,
            severity: Severity::High,
            confidence: 0.95,
            literals: &["runtime", "processbuilder", "scriptengine", "classloader", "urlclassloader", "unmarshaller", "base64data", "memberaccess", "ognl", "getruntime", "defineclass", "jndi", "templatesimpl", "beanshell", "elprocessor"],
            regex: r#"\bjava\.lang\.(?:runtime|processbuilder|process|classloader|system|thread|reflect)\b|getruntime\s*\(\s*\)|\bprocessbuilder\b\s*[(.]|new\s+(?:java\.lang\.)?processbuilder|javax\.script\.scriptengine\w*|scriptenginemanager|class\.module\.classloader|classloader\.(?:resources|url|parent|defineclass|loadclass)|\burlclassloader\b|#_?memberaccess|ognl\.(?:ognl|memberaccess|default)|@ognl|com\.opensymphony\.xwork2|templatesimpl\b|\bjavax\.el\.elprocessor|bsh\.(?:interpreter|servlet)|\bjndi(?:template|connectionpool|datasource)\w*|\bunmarshaller\b|base64data"#,
            hits: &["/p?x=java.lang.Runtime", "/p?class.module.classLoader.resources=1", "/p?x=(new+ProcessBuilder('id')).start()"],
            passes: &["/docs/java/runtime", "/s?q=jvm+runtime+error"],
        },
        Sign {
            name: "package of the platform",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.85,
            literals: &["java.", "javax.", "org.", "com.", "jdk.", "sun.", "jakarta.", "groovy.", "scala.", "clojure."],
            regex: r#"\b(?:java\.(?:processbuilder|lang|io|util|net|beans|rmi|sql|nio|security|applet|awt|text|time|math|runtime|naming|management|logging)\b|javax\.(?:script|management|naming|el|servlet|faces|swing|xml|crypto|net|sql|imageio|media|activation|annotation|rmi|print|security|sound|tools|transaction|persistence|validation|ws|xml)\b|jakarta\.(?:el|servlet|faces|xml|persistence)|org\.(?:apache\.(?:commons|logging|struts\d?|wicket|catalina|tomcat|xalan|xerces|xbean|velocity|freemarker|log4j|bcel|naming|coyote|jasper|solr|ofbiz|shiro|dubbo|click|myfaces|openjpa|axis\d?|hadoop|http)|springframework|hibernate|codehaus\.groovy|omg\.(?:corba|\w+)|mozilla\.(?:classfile|javascript)|jboss|mortbay|eclipse\.jetty|python|jruby|clojure|thymeleaf|mvel\d?|aspectj|yaml\.snakeyaml|w3c\.dom|xml\.sax|ietf\.jgss|rhino|objectweb|quartz|postgresql\.(?:jdbc|ds)|h2\.|hsqldb|mariadb|mockito|reflections|richfaces|zkoss|dom4j|jdom|freemarker)|com\.(?:sun\.\w+|opensymphony|ibm\.\w+\.\w+|oracle\.\w+\.\w+|mchange\.v2|rometools|vaadin\.data|caucho|zaxxer\.hikari|mysql\.(?:jdbc|cj)|alibaba\.fastjson|fasterxml\.jackson|thoughtworks\.xstream|nqadmin|newrelic|p6spy|teradata|tangosol|bea\.\w+)|jdk\.(?:internal|nashorn|jshell)|sun\.(?:misc|reflect|rmi|net|print|applet|tools)\b|groovy\.(?:lang|util|sql)\b)"#,
            hits: &["/p?x=java.io.PrintStream", "/p?x=com.sun.org.apache", "/p?x=org.omg.CORBA", "/p?java.util.x=1"],
            passes: &["/s?q=javascript.com", "/p?x=www.com.sun", "/apidocs"],
        },
        Sign {
            name: "gadget",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.88,
            literals: &["runtime", "factory", "transformer", "closure", "processbuilder", "invoker", "clonetransformer", "instantiate", "prototype", "ysoserial", "badattribute", "hashset", "priorityqueue", "annotationinvocation", "classloader", "filewriter", "xmldecoder", "createnewinstance", "getclass", "forname", "getmethod", "getdeclaredmethod", "newinstance", "loadclass"],
            regex: r#"\b(?:runtime|processbuilder|classloader)\.?[\s(.]{0,3}(?:exec|load|loadlibrary|start|getruntime|clonetransformer|forclosure|whileclosure|instantiate\w*|invokertransformer|prototype\w*|urldns)\b|\b(?:clone|invoker|instantiate|chained|constant)transformer\b|\b(?:for|while)closure\b|instantiatefactory|prototype(?:clone|serialization)factory|ysoserial|badattributevalueexp|annotationinvocationhandler|\bxmldecoder\b|\bfilewriter\s*\(|createnewinstance|\b(?:getclass|forname|getmethod|getdeclaredmethod|newinstance|loadclass)\s*\("#,
            hits: &["/p?x=runtime.clonetransformer", "/p?x=x.getClass().forName('a')"],
            passes: &["/s?q=runtime+error", "/docs/prototype"],
        },
        Sign {
            name: "script of a page",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.9,
            literals: &["<%", "<jsp:", "%>", "<c:", "<fmt:"],
            regex: r#"<%[@=!]?\s*\w[^%]{0,200}%>|<jsp:(?:root|directive|scriptlet|include|usebean|expression)|<%@?\s*(?:page|include|import|eval|execute|response|request|out\.)"#,
            hits: &["/p?x=<%25=7*7%25>", "/p?x=<jsp:scriptlet>"],
            passes: &["/p?x=<5%25"],
        },
        Sign {
            name: "runtime of Java, far apart",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.8,
            literals: &["java"],
            regex: r#"\bjava(?:\b|_)[^&]{0,60}?(?:runtime|processbuilder|exec\s*\(|getmethod|invoke|classloader)|(?:runtime|processbuilder)[^&]{0,40}\bjava\."#,
            hits: &["/p?x=java.evil.runtime", "/p?x=java_x.processbuilder"],
            passes: &["/s?q=javascript+runtime", "/s?q=java+island"],
        },
    ],
};
